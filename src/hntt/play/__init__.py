"""What the playbooks' actions do, without Ansible: inputs from inventory variables, reports, converging, rollout."""
