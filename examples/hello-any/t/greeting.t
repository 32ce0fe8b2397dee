use strict;
use warnings;
use Test::More tests => 2;
use Greeting;

is(Greeting::greeting(''),    "Hello, World!\n", 'the world is greeted');
is(Greeting::greeting('Ada'), "Hello, Ada!\n",   'a name is greeted');
