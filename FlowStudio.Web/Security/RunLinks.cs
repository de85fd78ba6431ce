using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using FlowStudio.Engine.Secrets;

namespace FlowStudio.Web.Security;

/// <summary>Read tokens: whoever has the one of a run may see how it went, and nothing else. An HMAC of the run's id, so none is stored.</summary>
sealed class RunLinks(SecretVault vault)
{
    /// <summary>Characters of a token: 128 bits in base64url.</summary>
    public const int Length = 22;

    /// <summary>Writes the token of a run: <see cref="Length"/> ASCII bytes.</summary>
    public void Write(Guid runId, Span<byte> token)
    {
        Span<byte> id = stackalloc byte[16];
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        runId.TryWriteBytes(id, bigEndian: true, out _);
        HMACSHA256.HashData(vault.SigningKey, id, mac);
        Base64Url.EncodeToUtf8(mac[..16], token, out _, out _);
    }

    public string Token(Guid runId)
    {
        Span<byte> token = stackalloc byte[Length];
        Write(runId, token);
        return Encoding.ASCII.GetString(token);
    }

    public bool IsToken(Guid runId, string? presented) =>
        presented is { Length: Length } && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(presented), Encoding.UTF8.GetBytes(Token(runId)));
}
