"""The push service of a newspaper: readers subscribe to sections, and get a push for breaking news in them."""
