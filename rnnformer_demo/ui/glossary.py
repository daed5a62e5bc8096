"""Glossary of the views: each standard term with a plain explanation."""

GLOSSARY = """<dl class="reading">
<dt>Attribution</dt>
<dd>How much each word or cell of the photo moves the logit of the class, compared with a baseline without evidence.
Another method may tell another story: try two before you believe one.</dd>
<dt>Attention</dt>
<dd>Which tokens a layer mixes: rows are queries, columns are keys. Attention acts on hidden states, and a state has
already mixed the whole input: a bright column is no proof that this word alone decides. “pooling” is the last step,
where the states are averaged.</dd>
<dt>Hidden states</dt>
<dd>What each unit of the LSTM and the GRU holds after each step, between −1 and 1. A vertical edge is a step at which
the network changes its mind; “backward” reads from the end.</dd>
<dt>Gates and memory contributions</dt>
<dd>Of an LSTM: what it lets in (input), keeps (forget) and shows (output); of a GRU: what it keeps (update) and looks
back at (reset). Memory contributions are what each step left in the memory as it is in the end.</dd>
<dt>Comprehensiveness and sufficiency</dt>
<dd>The fall of the probability when the highest-scoring units are removed, and when only they are kept. “trust” needs
95 % of random orders to do worse, under every perturbation; below 75 % the attribution is no better than chance. The
verdict says that the attribution is true of the model, not that the model is right.</dd>
<dt>Prefix predictions</dt>
<dd>What the model would say had the input ended there, or begun. A ring marks where the label changes.</dd>
<dt>Calibrated probability</dt>
<dd>The probabilities are calibrated on held-out data, yet the model names one of its classes for anything that it is
shown, also for what it has never seen.</dd>
<dt>OOD score</dt>
<dd>Out-of-distribution score: how far the input lies from the training data, in the model's own representation. Above 1
it lies further out than nearly everything of its own kind; below 1 it may still be foreign. A model without a detector
says nothing.</dd>
</dl>"""
