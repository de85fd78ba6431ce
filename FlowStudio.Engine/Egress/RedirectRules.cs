using System.Collections.Frozen;
using System.Net;

namespace FlowStudio.Engine.Egress;

/// <summary>One request on the way of a call: the first, or one that a redirect asked for.</summary>
/// <param name="Sensitive">False once an origin was crossed: only headers that carry no credentials go along.</param>
sealed record Hop(HttpMethod Method, Uri Url, bool WithBody, bool Sensitive);

/// <summary>Where a redirect leads and what goes along. Pure; the next address is judged apart from this, like the first.</summary>
static class RedirectRules
{
    public const int MaxHops = 10;

    /// <summary>
    /// What may be told to another origin. A list of what is harmless, not of what is secret: keys travel in headers of any name.
    /// </summary>
    static readonly FrozenSet<string> Harmless = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "Accept", "Accept-Charset", "Accept-Encoding", "Accept-Language", "Cache-Control", "Content-Encoding", "Content-Language", "Content-Type",
        "If-Match", "If-Modified-Since", "If-None-Match", "If-Unmodified-Since", "Pragma", "Prefer", "Range", "User-Agent");

    /// <summary>Whether a header of the call is repeated on this hop, which a redirect asked for.</summary>
    public static bool GoesAlong(Hop hop, string header) =>
        (hop.Sensitive || Harmless.Contains(header)) && (hop.WithBody || !header.StartsWith("Content-", StringComparison.OrdinalIgnoreCase));

    /// <summary>The next request; null when this status is an answer and not a redirect, or names no place to go.</summary>
    /// <exception cref="EgressException">
    /// <see cref="EgressFailure.RedirectRefused"/>, <see cref="EgressFailure.RedirectLimit"/> or <see cref="EgressFailure.InvalidUrl"/>.
    /// </exception>
    public static Hop? Next(Hop hop, HttpStatusCode status, string? location, int redirectsSoFar)
    {
        if (status is not (HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther
                or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect)
            || string.IsNullOrEmpty(location))
        {
            return null;
        }

        var from = EgressErrors.Name(hop.Url);
        if (redirectsSoFar >= MaxHops)
            throw new EgressException(
                EgressFailure.RedirectLimit, $"{from} redirected for the {MaxHops + 1}th time. Look for a loop there, or call the final address directly.");
        if (!Uri.TryCreate(hop.Url, location, out var next) || (next.Scheme != Uri.UriSchemeHttp && next.Scheme != Uri.UriSchemeHttps))
            throw new EgressException(
                EgressFailure.RedirectRefused, $"{from} redirects to something that is not an http or https address. Call the final address directly.");
        try
        {
            RequestRules.Absolute(next);
        }
        catch (EgressException error)
        {
            throw error.After(from);
        }

        if (hop.Url.Scheme == Uri.UriSchemeHttps && next.Scheme == Uri.UriSchemeHttp)
        {
            throw new EgressException(
                EgressFailure.RedirectRefused,
                $"{from} redirects from https to unencrypted http, which is not followed. Call {EgressErrors.Name(next)} directly if that is meant.");
        }

        var (method, withBody) = AfterStatus(hop, status);
        var sameOrigin = hop.Url.Scheme == next.Scheme && AddressGuard.HostOf(hop.Url) == AddressGuard.HostOf(next) && hop.Url.Port == next.Port;
        if (withBody && !sameOrigin)
        {
            throw new EgressException(
                EgressFailure.RedirectRefused,
                $"{from} redirects a {method} with its body to {EgressErrors.Name(next)}, which is not followed. Call that address directly if it is meant.");
        }

        return new Hop(method, next, withBody, hop.Sensitive && sameOrigin);
    }

    /// <summary>As browsers do it (Fetch §4.4): 303 always, 301 and 302 after POST, turn into a GET without body.</summary>
    static (HttpMethod Method, bool WithBody) AfterStatus(Hop hop, HttpStatusCode status)
    {
        var turnsIntoGet = status switch
        {
            HttpStatusCode.SeeOther => hop.Method != HttpMethod.Head,
            HttpStatusCode.MovedPermanently or HttpStatusCode.Found => hop.Method == HttpMethod.Post,
            _ => false,
        };
        return turnsIntoGet ? (HttpMethod.Get, false) : (hop.Method, hop.WithBody);
    }
}
