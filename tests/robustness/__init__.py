"""How many kills of known truth survive each kind of disorder: the numbers of ``make robustness``."""
