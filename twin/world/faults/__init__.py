"""What fails in this replication, and when: faults become spans of time, spans become the tables of the world."""
