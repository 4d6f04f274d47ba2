machine replicatedctl app start
