"""Where concrete classes meet: every other room knows only protocols, and these modules build what stands behind them.

They are imported one by one, so that a command loads no more than it needs.
"""
