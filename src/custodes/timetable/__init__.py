"""What goes when: the plan and its plain checker."""
