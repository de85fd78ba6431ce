using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using FlowStudio.Engine.Secrets;
using FlowStudio.Web.Configuration;

namespace FlowStudio.Web.Security;

/// <summary>
/// Who may come in until there are accounts. Pages: everyone on loopback; on a wider address, whoever has the access token. The API: whoever has an API key,
/// and the pages themselves by their cookie; where no key is asked for, everyone.
/// </summary>
sealed class StudioAccess(AccessOptions options, ApiKeys keys, string token, string sessionSecret, TimeProvider time)
{
    static readonly TimeSpan SessionLength = TimeSpan.FromDays(30);
    readonly byte[] tokenHash = SHA256.HashData(Encoding.UTF8.GetBytes(token));
    readonly byte[] sessionKey = HMACSHA256.HashData(Encoding.UTF8.GetBytes(sessionSecret), "FlowStudio.Session.v1"u8);

    /// <summary>Where a token that was made is kept, in <see cref="DataFolder.Keys"/>.</summary>
    public const string TokenFile = "access-token";

    /// <summary>Where the secret is kept that seals the cookies of pages which ask for no token.</summary>
    const string SessionFile = "session-secret";

    /// <summary>The token, when it was made at this start: nobody knows it yet.</summary>
    public string? NewToken { get; private init; }

    /// <summary>Whether the token was made here, rather than set.</summary>
    public bool TokenIsKept { get; private init; }

    /// <summary>With the token that was set, or else the one that was made at the first start.</summary>
    public static StudioAccess Create(AccessOptions options, DataFolder folder, ApiKeys keys, TimeProvider time)
    {
        if (!options.AllowNonLoopback)
            return new(options, keys, token: "", options.AsksForKey ? folder.KeepSecret(SessionFile, MakeToken).Text : MakeToken(), time);
        if (options.Token.Length > 0)
            return new(options, keys, options.Token, options.Token, time);
        var (token, made) = folder.KeepSecret(TokenFile, MakeToken);
        return new(options, keys, token, token, time) { TokenIsKept = true, NewToken = made ? token : null };
    }

    /// <summary>Whether others than this machine may come in, and pages are asked for the token.</summary>
    public bool Wide => options.AllowNonLoopback;

    /// <summary>Whether the API asks for a key.</summary>
    public bool AsksForKey => options.AsksForKey;

    /// <summary>A token nobody guesses: 256 random bits.</summary>
    public static string MakeToken() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>Whether the request may use pages.</summary>
    public bool MayEnter(HttpContext context) => !Wide || HasSession(context) || ShowsToken(context.Request);

    /// <summary>Whether the request may use the API.</summary>
    public bool MayUseApi(HttpContext context) => ShowsAccess(context) || !AsksForKey;

    /// <summary>Whether the request itself proves that it may use the API, asked or not: by a key, or as a page's.</summary>
    public bool ShowsAccess(HttpContext context) => ShowsKey(context.Request) || HasSession(context);

    /// <summary>Whether the request has the access token as a bearer.</summary>
    public bool ShowsToken(HttpRequest request) => Wide && ApiKeyHeaders.Bearer(request) is { } bearer && IsToken(bearer);

    public bool IsToken(string presented) =>
        token.Length > 0 && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(presented)), tokenHash);

    /// <summary>Remembers in the browser that the token was given.</summary>
    public void SignIn(HttpContext context, bool secure) => AddCookie(context, Wide ? CookieName(secure) : LocalCookieName(context), secure);

    /// <summary>
    /// Where pages ask for nothing but the API asks for a key, opening a page leaves the cookie by which what the page fetches is let in. Whoever can open pages
    /// can make keys there anyway.
    /// </summary>
    public void Welcome(HttpContext context)
    {
        if (!Wide && AsksForKey && HttpMethods.IsGet(context.Request.Method) && !HasSession(context))
            AddCookie(context, LocalCookieName(context), context.Request.IsHttps);
    }

    public static void SignOut(HttpContext context)
    {
        context.Response.Cookies.Delete(CookieName(secure: false));
        context.Response.Cookies.Delete(CookieName(secure: true), new CookieOptions { Secure = true, Path = "/" });
    }

    bool ShowsKey(HttpRequest request) =>
        (ApiKeyHeaders.Header(request) is { } header && keys.Use(header))
        || (ApiKeyHeaders.Bearer(request) is { } bearer && keys.Use(bearer))
        || (ApiKeyHeaders.Query(request) is { } query && keys.Use(query));

    bool HasSession(HttpContext context)
    {
        var name = !Wide ? LocalCookieName(context) : CookieName(secure: context.Request.Cookies.ContainsKey(CookieName(secure: true)));
        return context.Request.Cookies[name] is { } session && IsSession(session);
    }

    void AddCookie(HttpContext context, string name, bool secure)
    {
        var until = time.GetUtcNow() + SessionLength;
        var seconds = until.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        context.Response.Cookies.Append(name, $"{seconds}.{Seal(seconds)}", new CookieOptions
        {
            HttpOnly = true,
            SameSite = Microsoft.AspNetCore.Http.SameSiteMode.Strict,
            Secure = secure,
            Path = "/",
            Expires = until,
            IsEssential = true,
        });
    }

    bool IsSession(string session)
    {
        var dot = session.IndexOf('.', StringComparison.Ordinal);
        return dot > 0
            && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(session[(dot + 1)..]), Encoding.UTF8.GetBytes(Seal(session[..dot])))
            && long.TryParse(session.AsSpan(0, dot), NumberStyles.None, CultureInfo.InvariantCulture, out var until)
            && until > time.GetUtcNow().ToUnixTimeSeconds();
    }

    string Seal(string seconds) => Base64Url.EncodeToString(HMACSHA256.HashData(sessionKey, Encoding.UTF8.GetBytes(seconds)));

    /// <summary>Both names are looked for: a proxy may speak TLS in front of a plain connection.</summary>
    static string CookieName(bool secure) => secure ? "__Host-flowstudio" : "flowstudio";

    /// <summary>Browsers keep no cookies apart by port, and a machine may have several servers.</summary>
    static string LocalCookieName(HttpContext context) => string.Create(CultureInfo.InvariantCulture, $"flowstudio-{context.Connection.LocalPort}");
}
