"""Behavioural tests after CheckList (Ribeiro et al. 2020): what a sentiment model must be able to do, one capability at
a time, on texts that are made from templates and word lists of our own.

`templates/LANGUAGE.toml` holds both; a capability is a table in it. Templates and words come in three parts, `train`,
`dev` and `test`, that share nothing: whoever trains on texts of the first is still tested on something new. `suite` and
`cases` import no torch.
"""
