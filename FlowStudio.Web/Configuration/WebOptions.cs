using System.ComponentModel;
using FlowStudio.Engine;

namespace FlowStudio.Web.Configuration;

/// <summary>The host's settings: section <c>FlowStudio</c>, beside those of <see cref="EngineOptions"/>.</summary>
public sealed class WebOptions
{
    public AccessOptions Access { get; set; } = new();

    public WebhookOptions Webhooks { get; set; } = new();

    /// <summary>
    /// The address under which others reach this server, e.g. <c>https://flows.example.org</c>: links in answers start with it. Default: empty,
    /// which takes the address that the caller used.
    /// </summary>
    public string PublicUrl { get; set; } = "";

    /// <summary>Every key with a bad value: what it is, and what to write instead.</summary>
    public IEnumerable<string> Validate()
    {
        if (PublicUrl.Length > 0 && (!Uri.TryCreate(PublicUrl, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") || url.Query.Length > 0
            || url.Fragment.Length > 0 || url.UserInfo.Length > 0))
            yield return $"{EngineOptions.Section}:PublicUrl is '{PublicUrl}'. Give an address such as https://flows.example.org, without query.";
        foreach (var problem in Access.Validate())
            yield return problem;
        if (Webhooks.MaxWaiting is < 0 or > WebhookOptions.MostWaiting)
            yield return $"{EngineOptions.Section}:Webhooks:MaxWaiting is {Webhooks.MaxWaiting}. Give 0 (nobody waits) to {WebhookOptions.MostWaiting}.";
    }
}

/// <summary>Callers of webhooks: <c>FlowStudio:Webhooks</c>.</summary>
public sealed class WebhookOptions
{
    internal const int MostWaiting = 100_000;

    /// <summary>
    /// How many callers may wait at the same time for what their run answers; one more gets the receipt at once. 0 to 100,000; default: 1,000.
    /// </summary>
    public int MaxWaiting { get; set; } = 1_000;
}

/// <summary>Who may come in, until there are accounts: <c>FlowStudio:Access</c>.</summary>
public sealed class AccessOptions
{
    /// <summary>The fewest characters of a token that someone chose.</summary>
    public const int MinTokenLength = 16;

    /// <summary>
    /// Whether others than this machine may come in. Off (the default): the server listens on loopback only, answers to loopback names only, and asks for
    /// no token. On: it listens where it is told to, and pages ask for <see cref="Token"/>.
    /// </summary>
    public bool AllowNonLoopback { get; set; }

    /// <summary>
    /// What pages ask for when <see cref="AllowNonLoopback"/> is on: 16 to 512 visible ASCII characters. Default: empty, which makes one at the first
    /// start, prints it once and keeps it in the data directory.
    /// </summary>
    public string Token { get; set; } = "";

    /// <summary>
    /// Whether the API asks for a key, which is made under Settings. Default: not set, which means yes; except in Development while
    /// <see cref="AllowNonLoopback"/> is off. A server that others can reach always asks.
    /// </summary>
    public bool? RequireApiKey { get; set; }

    /// <summary>
    /// Origins of other sites whose pages may call the API from a browser, such as <c>https://app.example.org</c>. Their pages then do what their visitors'
    /// keys allow. Default: none.
    /// </summary>
    public IList<string> AllowedOrigins { get; set; } = [];

    /// <summary>Whether the server runs where it is developed; set by the process, from its environment.</summary>
    [Browsable(false)]
    public bool InDevelopment { get; set; }

    /// <summary>Whether the API asks for a key.</summary>
    public bool AsksForKey => RequireApiKey ?? (AllowNonLoopback || !InDevelopment);

    internal IEnumerable<string> Validate()
    {
        foreach (var origin in AllowedOrigins)
        {
            if (!Uri.TryCreate(origin, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") || url.GetLeftPart(UriPartial.Authority) != origin)
                yield return $"{EngineOptions.Section}:Access:AllowedOrigins has '{origin}'. Give origins as browsers write them, such as https://app.example.org or " +
                    "http://localhost:3000: no path, no slash at the end, lower case, no port that is the usual one.";
        }
        if (AllowNonLoopback && RequireApiKey is false)
            yield return $"{EngineOptions.Section}:Access:RequireApiKey is false while {EngineOptions.Section}:Access:AllowNonLoopback is true: then anyone who " +
                "reaches the server could read and change everything. Take one of the two away.";
        if (Token.Length > 0 && (Token.Length is < MinTokenLength or > 512 || Token.AsSpan().ContainsAnyExceptInRange('!', '~')))
            yield return $"{EngineOptions.Section}:Access:Token has {Token.Length} characters or some that are not visible ASCII. Give {MinTokenLength} to " +
                $"512 letters, digits and signs without spaces; `openssl rand -hex 32` makes one.";
    }
}
