namespace FlowStudio.Engine.Egress;

/// <summary>Stable codes of failed calls, for programs.</summary>
static class EgressCodes
{
    public static string Of(EgressFailure kind) => kind switch
    {
        EgressFailure.Refused => "address_refused",
        EgressFailure.InvalidUrl => "invalid_url",
        EgressFailure.InvalidMethod => "invalid_method",
        EgressFailure.InvalidHeader => "invalid_header",
        EgressFailure.DnsFailed => "dns_failed",
        EgressFailure.ConnectFailed => "connect_failed",
        EgressFailure.TlsFailed => "tls_failed",
        EgressFailure.TimedOut or EgressFailure.Idle => "timeout",
        EgressFailure.TooLarge => "response_too_large",
        EgressFailure.RedirectLimit or EgressFailure.RedirectRefused => "redirect_refused",
        EgressFailure.Protocol => "connection_broken",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, message: null),
    };
}
