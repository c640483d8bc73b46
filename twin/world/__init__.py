"""One replication's luck, the same for every arm: who comes when and wants what, how long steps take, what fails, what is stolen."""
