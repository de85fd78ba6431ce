using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace FlowStudio.Engine.Secrets;

/// <summary>How secrets of one kind look that the server makes: a prefix, then random letters, digits, <c>-</c> and <c>_</c>. None has to be known to be recognised.</summary>
/// <param name="BodyLength">Characters after the prefix.</param>
/// <param name="Mark">The name that is shown in its place.</param>
sealed record TokenShape(string Prefix, int BodyLength, string Mark)
{
    /// <summary>Opens a flow's webhook: 256 bits.</summary>
    public static TokenShape Webhook { get; } = new(WebhookToken.Prefix, WebhookToken.BodyLength, "WEBHOOK_TOKEN");

    /// <summary>Opens the API: 256 bits.</summary>
    public static TokenShape ApiKey { get; } = new("fsk_", 43, "API_KEY");

    /// <summary>Starts a flow where agents are addressed by a token: 256 bits.</summary>
    public static TokenShape Agent { get; } = new("agt_", 43, "AGENT_TOKEN");

    /// <summary>Signs messages as Standard Webhooks has it: 240 bits in base64, and only such as have letters and digits alone.</summary>
    public static TokenShape Signing { get; } = new("whsec_", 40, "SIGNING_SECRET");

    public static IReadOnlyList<TokenShape> All { get; } = [Webhook, ApiKey, Agent, Signing];

    public int Length => Prefix.Length + BodyLength;

    /// <summary>A new one.</summary>
    public string Create()
    {
        Span<byte> random = stackalloc byte[BodyLength * 6 / 8];
        string body;
        do
        {
            RandomNumberGenerator.Fill(random);
            body = Base64Url.EncodeToString(random);
        }
        // A secret that others decode as plain base64 must not have the characters in which the two alphabets differ.
        while (this == Signing && body.AsSpan().ContainsAny('-', '_'));
        return Prefix + body;
    }
}

/// <summary>SHA-256 of a token: what is stored and compared in its place.</summary>
static class TokenHash
{
    /// <summary>Whatever is longer is no token; how long the right one is, is no secret.</summary>
    const int MaxLength = 128;

    /// <summary>False when the text is too long to be a token.</summary>
    public static bool TryCompute(ReadOnlySpan<char> token, Span<byte> hash)
    {
        if (token.Length is 0 or > MaxLength)
            return false;
        Span<byte> utf8 = stackalloc byte[MaxLength * 3];
        SHA256.HashData(utf8[..Encoding.UTF8.GetBytes(token, utf8)], hash);
        return true;
    }

    public static byte[] Of(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    /// <summary>Where a table keeps what has this hash. A guess at it would need a token that hashes near, and none can be made.</summary>
    public static UInt128 Slot(ReadOnlySpan<byte> hash) => System.Buffers.Binary.BinaryPrimitives.ReadUInt128LittleEndian(hash);
}
