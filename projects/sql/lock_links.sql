-- Let one command at a time add a link: two that close a circle together must not both look first.
lock table task_link in share row exclusive mode
