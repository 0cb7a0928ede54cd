package Shop::Cart;
use strict;
use constant MAX => 10;
use constant { OPEN => 1, CLOSED => 2 };

our $VERSION = '1.0';

has owner => 'nobody';

# Makes a cart.
sub new { my $class = shift; return bless {}, $class; }

=head2 add

Adds an C<item>.

=cut

sub add {
    my ($self, $item) = @_;
    push @{$self->{items}}, $item;
    return $self;
}

my $anonymous = sub { 1 };

sub Other::full { 2 }

package main;

sub run($x, $y = 1) { $x }

subtest 'It adds up' => sub {
    ok 1;
};

1;

__END__

=head1 NAME

Shop::Cart - what was bought

=head2 Usage

    Shop::Cart->new;

=cut
