# The shop's Request Tracker: queues, people, a customer's rights, and a token for the agent, which is printed.
# https://docs.bestpractical.com/rt/5.0.3/initialdata.html

our @Queues = (
    {   Name              => 'Billing',
        Description       => 'Money',
        CorrespondAddress => 'billing@shop.example',
        CommentAddress    => 'billing-comment@shop.example',
    }
);
our @Users = (
    map { { %$_, Password => 'pass phrase', Privileged => 1 } } (
        { Name => 'grace',   RealName => 'Grace Hopper',   EmailAddress => 'grace@shop.example' },
        { Name => 'aissist', RealName => 'Shop assistant', EmailAddress => 'assistant@shop.example' },
    )
);
our @ACL = (
    ( map { { GroupDomain => 'SystemInternal', GroupType => 'Everyone', Right => $_ } } qw(CreateTicket ReplyToTicket SeeQueue) ),
    (   map { { GroupDomain => 'SystemInternal', GroupType => 'Privileged', Right => $_ } }
            qw(ShowTicket ShowTicketComments CommentOnTicket ModifyTicket DeleteTicket OwnTicket TakeTicket ReassignTicket)
    ),
    { UserId => 'aissist', Right => 'ManageAuthTokens' },
);
our @Final = (
    sub {
        my $user = RT::CurrentUser->new( RT->SystemUser );
        $user->Load('aissist');
        my ( $made, $why, $token ) = RT::AuthToken->new($user)->Create( Owner => $user->id, Description => 'Agent' );
        die $why unless $made;
        print "TOKEN $token\n";
    }
);

1;
