# Request Tracker 5: has it tell a gateway of what happens to tickets. https://docs.bestpractical.com/rt/5.0.3/initialdata.html
#
# On the machine that Request Tracker runs on, once, as a user that may read its configuration:
#
#   AISSIST_URL='https://…/hooks/…' AISSIST_SECRET='whsec_…' rt-setup-database --action insert --datafile ./scrip.pl
#
# (Debian calls it rt-setup-database-5.) The address stands on the gateway's page; the secret is shown there once, when it
# is made. It makes one scrip for all queues, "Tell the AI agent". To tell of some queues only, apply it to those, under
# Admin > Scrips. To take it back or to change the secret, delete or disable the scrip, and run this again for a new one.
#
# It runs after the change is in the database, so what fails here changes nothing there; the gateway asks for what it
# wasn't told. Everything is signed as www.standardwebhooks.com describes.

use strict;
use warnings;

for my $name (qw(AISSIST_URL AISSIST_SECRET)) {
    die "Set $name, see the beginning of this file.\n" unless $ENV{$name};
    die "$name has a character that it can't have.\n" if $ENV{$name} =~ /[^!-~]|['\\]/;
}

my $code = <<'PERL';
my ($url, $secret) = ('AISSIST_URL', 'AISSIST_SECRET');
my $longest = 200_000;    # characters of one part; the gateway takes requests of up to 1 MB
require Digest::SHA;
require Encode;
require JSON;
require LWP::UserAgent;
require MIME::Base64;

my $ticket = $self->TicketObj;
my $user = sub {
    my $user = shift;
    return {
        id         => $user->id . '',
        login      => $user->Name . '',
        name       => ( $user->RealName || '' ) . '',
        email      => ( $user->EmailAddress || '' ) . '',
        privileged => $user->Privileged ? JSON::true() : JSON::false(),
    };
};
my $owner_of = sub {
    my $transaction = shift;
    return undef unless ( $transaction->Field || '' ) eq 'Owner';
    my $owner = RT::User->new( RT->SystemUser );
    $owner->Load( $transaction->NewValue );
    return $owner->id ? $user->($owner) : undef;
};
my $parts_of = sub {
    my ( $transaction, @parts ) = shift;
    return [] unless $transaction->Type =~ /^(?:Create|Correspond|Comment)$/;
    my $attachments = $transaction->Attachments( WithHeaders => 1 );
    while ( my $one = $attachments->Next ) {
        my $is_text = $one->ContentType =~ m{^text/(?:plain|html)$}i && !length( $one->Filename || '' );
        push @parts, {
            id      => $one->id . '',
            type    => $one->ContentType || '',
            file    => $one->Filename || '',
            length  => ( $one->ContentLength || 0 ) + 0,
            headers => $one->Headers || '',
            content => $is_text ? substr( $one->Content // '', 0, $longest ) : '',
        };
    }
    return \@parts;
};

my $agent = LWP::UserAgent->new( timeout => 10, max_redirect => 0 );
for my $transaction ( @{ $ticket->TransactionBatch || [] } ) {
    my $type = $transaction->Type || '';
    my $told = $type =~ /^(?:Create|Correspond|Comment|Status|AddLink)$/
        || ( $transaction->Field || '' ) =~ /^(?:Owner|Queue)$/ && $type ne 'SetWatcher';
    next unless $told;
    my $at = RT::Date->new( RT->SystemUser );
    $at->Set( Format => 'sql', Value => $transaction->Created );
    my $body = Encode::encode( 'UTF-8', JSON->new->canonical->encode( {
        transaction => {
            id      => $transaction->id . '',
            type    => $type,
            field   => $transaction->Field // '',
            old     => $transaction->OldValue // '',
            new     => $transaction->NewValue // '',
            created => $at->W3CDTF( Timezone => 'UTC' ),
            ticket  => $transaction->ObjectId . '',
        },
        ticket => {
            id         => $ticket->id . '',
            subject    => $ticket->Subject // '',
            status     => $ticket->Status,
            queue      => { id => $ticket->Queue . '', name => $ticket->QueueObj->Name },
            addresses  => [ grep { $_ } $ticket->QueueObj->CorrespondAddress, $ticket->QueueObj->CommentAddress ],
            owner      => $user->( $ticket->OwnerObj ),
            requestors => [ map { $user->($_) } @{ $ticket->Requestors->UserMembersObj->ItemsArrayRef } ],
        },
        by    => $user->( $transaction->CreatorObj ),
        now   => $owner_of->($transaction),
        parts => $parts_of->($transaction),
    } ) );
    my ( $id, $time ) = ( 'transaction-' . $transaction->id, time );
    ( my $key = $secret ) =~ s/^whsec_//;
    my $signature = Digest::SHA::hmac_sha256_base64( "$id.$time.$body", MIME::Base64::decode_base64($key) );
    $signature .= '=' while length($signature) % 4;
    my $answer = $agent->post(
        $url,
        'Content-Type'      => 'application/json',
        'webhook-id'        => $id,
        'webhook-timestamp' => $time,
        'webhook-signature' => "v1,$signature",
        Content             => $body,
    );
    RT->Logger->warning( "The gateway wasn't told of transaction " . $transaction->id . ': ' . $answer->status_line )
        unless $answer->is_success;
}
return 1;
PERL
$code =~ s/AISSIST_URL/$ENV{AISSIST_URL}/;
$code =~ s/AISSIST_SECRET/$ENV{AISSIST_SECRET}/;

our @Scrips = (
    {   Description       => 'Tell the AI agent',
        Queue             => 0,
        Stage             => 'TransactionBatch',
        ScripCondition    => 'On Transaction',
        ScripAction       => 'User Defined',
        Template          => 'Blank',
        CustomPrepareCode => 'return 1;',
        CustomCommitCode  => $code,
    }
);

1;
