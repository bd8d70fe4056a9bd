"""What the playbooks' actions do: inputs from inventory variables, collecting, converging, rollout. No Ansible import."""
