"""Which devices an inventory has, in which groups, with which variables; the Ansible plugin only hands this over."""
