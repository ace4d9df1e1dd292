"""How good generated pairs are, judged by networks that share nothing with those that made them."""
