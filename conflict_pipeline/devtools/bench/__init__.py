"""`conflict-pipeline bench`: what a cycle costs, compared with the least that its update can cost."""
