package Greeting;
use strict;
use warnings;

# Returns the text for a name; an empty name greets the world.
sub greeting {
    my $name = shift || 'World';
    return "Hello, $name!\n";
}

1;
