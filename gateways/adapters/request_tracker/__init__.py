"""Request Tracker: the queues of a helpdesk of one's own. https://docs.bestpractical.com/rt/5.0.3/index.html"""
