using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using FlowStudio.Web.Configuration;

namespace FlowStudio.Web.Security;

/// <summary>Who may come in until accounts exist: everyone on loopback; on a wider address, whoever has the access token.</summary>
sealed class StudioAccess(AccessOptions options, string token, TimeProvider time)
{
    static readonly TimeSpan SessionLength = TimeSpan.FromDays(30);
    readonly byte[] tokenHash = SHA256.HashData(Encoding.UTF8.GetBytes(token));
    readonly byte[] sessionKey = HMACSHA256.HashData(Encoding.UTF8.GetBytes(token), "FlowStudio.Session.v1"u8);

    /// <summary>Where a token that was made is kept, in <see cref="DataFolder.Keys"/>.</summary>
    public const string TokenFile = "access-token";

    /// <summary>The token, when it was made at this start: nobody knows it yet.</summary>
    public string? NewToken { get; private init; }

    /// <summary>Whether the token was made here, rather than set.</summary>
    public bool TokenIsKept { get; private init; }

    /// <summary>With the token that was set, or else the one that was made at the first start.</summary>
    public static StudioAccess Create(AccessOptions options, DataFolder folder, TimeProvider time)
    {
        if (!options.AllowNonLoopback || options.Token.Length > 0)
            return new(options, options.Token, time);
        var (token, made) = folder.KeepSecret(TokenFile, MakeToken);
        return new(options, token, time) { TokenIsKept = true, NewToken = made ? token : null };
    }

    /// <summary>Whether others than this machine may come in, and are asked for the token.</summary>
    public bool Wide => options.AllowNonLoopback;

    /// <summary>A token nobody guesses: 256 random bits.</summary>
    public static string MakeToken() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>Whether the request may use pages and API.</summary>
    public bool MayEnter(HttpContext context) => !Wide || ShowsToken(context);

    /// <summary>Whether the request itself proves that it may use the API, which on loopback nobody needs to.</summary>
    public bool ShowsToken(HttpContext context) =>
        Wide && (HasBearer(context.Request) || (context.Request.Cookies[CookieName(context)] is { } session && IsSession(session)));

    /// <summary>Whether a token was shown at all, right or wrong.</summary>
    public static bool Tries(HttpRequest request) => request.Headers.Authorization.Count > 0;

    public bool IsToken(string presented) => CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(presented)), tokenHash);

    /// <summary>Remembers in the browser that the token was given.</summary>
    public void SignIn(HttpContext context, bool secure)
    {
        var until = time.GetUtcNow() + SessionLength;
        var seconds = until.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        context.Response.Cookies.Append(CookieName(secure), $"{seconds}.{Seal(seconds)}", new CookieOptions
        {
            HttpOnly = true,
            SameSite = Microsoft.AspNetCore.Http.SameSiteMode.Strict,
            Secure = secure,
            Path = "/",
            Expires = until,
            IsEssential = true,
        });
    }

    public static void SignOut(HttpContext context)
    {
        context.Response.Cookies.Delete(CookieName(secure: false));
        context.Response.Cookies.Delete(CookieName(secure: true), new CookieOptions { Secure = true, Path = "/" });
    }

    bool HasBearer(HttpRequest request)
    {
        const string scheme = "Bearer ";
        return request.Headers.Authorization is [{ } value] && value.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)
            && IsToken(value[scheme.Length..].Trim());
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
    static string CookieName(HttpContext context) =>
        context.Request.Cookies.ContainsKey(CookieName(secure: true)) ? CookieName(secure: true) : CookieName(secure: false);

    static string CookieName(bool secure) => secure ? "__Host-flowstudio" : "flowstudio";
}
