"""Do the conclusions survive other choices, and would the methods notice an effect?

``specifications`` declares the other choices as data and ``curve`` runs them together;
``worlds`` draws returns with a known truth at the real design and puts every printed estimator
to them, ``grid`` runs many of those on one core or a cluster, ``rates`` sums them up;
``robustness`` takes the data apart.
"""
