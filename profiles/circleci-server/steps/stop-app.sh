# Replicated's daemon takes a moment to answer after its unit was started; the wait asks again.
machine replicatedctl app stop || :
