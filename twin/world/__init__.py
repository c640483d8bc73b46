"""One replication's luck, the same for every arm.

Who comes when and wants what, how long steps take if they are not queued, what fails, what is stolen or miscounted.
"""
