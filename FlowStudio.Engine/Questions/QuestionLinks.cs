using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using FlowStudio.Engine.Secrets;

namespace FlowStudio.Engine.Questions;

/// <summary>
/// Links that show one question and take its answer, for whoever has them. A token is the question's id and an HMAC of it, so none is stored; it is good as long
/// as the question is: the first answer counts, and after it, or after the question's time, the link only tells how it went.
/// </summary>
public sealed class QuestionLinks(SecretVault vault)
{
    /// <summary>Where links lead; the token follows.</summary>
    public const string Path = "/answer/";

    const int IdBytes = 16;
    const int MacBytes = 16;

    /// <summary>Characters of a token: id and 128 bits of HMAC, in base64url.</summary>
    public const int TokenLength = 43;

    /// <summary>The question's link, relative to the server's address.</summary>
    public string Make(OpenQuestion question) => Path + Token(question.Id);

    /// <summary>The token that stands for a question.</summary>
    public string Token(Guid questionId)
    {
        Span<byte> bytes = stackalloc byte[IdBytes + MacBytes];
        questionId.TryWriteBytes(bytes, bigEndian: true, out _);
        Sign(bytes[..IdBytes], bytes[IdBytes..]);
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>The question that a token stands for; null when this server did not make it.</summary>
    public Guid? Read(string? token)
    {
        Span<byte> bytes = stackalloc byte[IdBytes + MacBytes];
        if (token is not { Length: TokenLength } || Base64Url.DecodeFromChars(token, bytes, out _, out var length) is not OperationStatus.Done || length != bytes.Length)
            return null;
        Span<byte> mac = stackalloc byte[MacBytes];
        Sign(bytes[..IdBytes], mac);
        return CryptographicOperations.FixedTimeEquals(mac, bytes[IdBytes..]) ? new Guid(bytes[..IdBytes], bigEndian: true) : null;
    }

    void Sign(ReadOnlySpan<byte> id, Span<byte> mac)
    {
        // The same key signs other things: what it is for is part of what is signed.
        Span<byte> signed = stackalloc byte[9 + IdBytes];
        "question:"u8.CopyTo(signed);
        id.CopyTo(signed[9..]);
        Span<byte> whole = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(vault.SigningKey, signed, whole);
        whole[..MacBytes].CopyTo(mac);
    }
}
