package Shop::Cart;
use strict;
use constant MAX => 10;

=head2 add

Adds an item.

=cut

# Adds an item.
sub add {
    my ($self, $item) = @_;
    push @{$self->{items}}, $item;
    return $self;
}

sub new { my $class = shift; return bless {}, $class; }
our $VERSION = '1.0';

package Shop::Line {
    sub price { return 1 }
}

sub with_sig($x, $y = 1) { $x }
my $anon = sub { 1 };
sub Other::full { 2 }
BEGIN { 1 }
package main;
sub run { }
1;
