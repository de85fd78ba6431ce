using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace FlowStudio.Engine.Secrets;

/// <summary>A flow's webhook token: <c>wht_</c> and 256 random bits as base64url, so that it can be recognised wherever it turns up.</summary>
sealed class WebhookToken
{
    public const string Prefix = "wht_";

    /// <summary>Characters after the prefix: 32 bytes as base64url.</summary>
    public const int BodyLength = 43;

    public const int Length = 47;

    readonly byte[] hash;

    WebhookToken(string text, DateTimeOffset madeAt)
    {
        Text = text;
        MadeAt = madeAt;
        hash = SHA256.HashData(Encoding.UTF8.GetBytes(text));
    }

    public string Text { get; }

    public DateTimeOffset MadeAt { get; }

    public static WebhookToken Of(string text, DateTimeOffset madeAt) => new(text, madeAt);

    public static WebhookToken Create(DateTimeOffset now)
    {
        Span<byte> random = stackalloc byte[32];
        RandomNumberGenerator.Fill(random);
        return new(Prefix + Base64Url.EncodeToString(random), now);
    }

    /// <summary>Whether <paramref name="given"/> is this token, in a time that depends on neither; without a token the answer is no, as slowly.</summary>
    public static bool Matches(WebhookToken? token, ReadOnlySpan<char> given)
    {
        // Whatever is longer is wrong; how long the right one is, is no secret.
        if (given.Length > 128)
            return false;
        Span<byte> utf8 = stackalloc byte[128 * 3];
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(utf8[..Encoding.UTF8.GetBytes(given, utf8)], digest);
        return CryptographicOperations.FixedTimeEquals(digest, token?.hash ?? Nobody) && token is not null;
    }

    static readonly byte[] Nobody = RandomNumberGenerator.GetBytes(SHA256.HashSizeInBytes);
}
