"""Photos and attendance: what shows that the work was done."""
