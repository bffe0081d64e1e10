"""Announces a share on the local network by mDNS, and finds those that others announce.

`announced` says what is told of a share and what is believed of it, `Announcement` tells it, and
`Nearby` hears what others tell. Each of the two has a thread of its own (`thread`), on which it
takes part in mDNS (`multicast`). Nothing here connects to what is found: that is done when the
user asks for it.
"""
