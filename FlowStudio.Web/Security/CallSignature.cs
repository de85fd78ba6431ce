using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace FlowStudio.Web.Security;

/// <summary>
/// Whether a webhook call is signed with a flow's secret: by the headers of the Standard Webhooks specification (over id, time and body, five minutes of
/// tolerance), or by GitHub's <c>X-Hub-Signature-256</c> (over the body). Signatures are compared in constant time.
/// </summary>
static class CallSignature
{
    public const string IdHeader = "webhook-id", TimeHeader = "webhook-timestamp", SignatureHeader = "webhook-signature", GitHubHeader = "X-Hub-Signature-256";

    /// <summary>How far the sender's clock may be from this one's.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    const string SecretPrefix = "whsec_";
    const string Version = "v1,";
    const string GitHubVersion = "sha256=";
    const int MaxIdLength = 256;

    /// <summary>Signatures of one call: several while the sender changes its secret.</summary>
    const int MaxSignatures = 16;

    /// <summary>What is wrong with the call's signature, in a few words; null when it is right.</summary>
    /// <param name="secret">The flow's secret; null accepts nothing.</param>
    /// <param name="body">The body as it came, unpacked.</param>
    public static string? Fault(IHeaderDictionary headers, string? secret, ReadOnlySpan<byte> body, DateTimeOffset now)
    {
        if (headers[SignatureHeader] is [{ Length: > 0 } signatures])
            return StandardFault(headers, signatures, secret, body, now);
        if (headers[GitHubHeader] is [{ Length: > 0 } signature])
            return IsGitHub(signature, secret, body) ? null : "wrong signature";
        return "no signature";
    }

    static string? StandardFault(IHeaderDictionary headers, string signatures, string? secret, ReadOnlySpan<byte> body, DateTimeOffset now)
    {
        if (headers[IdHeader] is not [{ Length: > 0 and <= MaxIdLength } id])
            return "no webhook-id";
        if (headers[TimeHeader] is not [{ } timestamp] || !long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
            return "no webhook-timestamp";
        // Without doing sums with what a stranger sent: they could overflow.
        var apart = seconds - (Int128)now.ToUnixTimeSeconds();
        if (apart > (Int128)Tolerance.TotalSeconds || apart < -(Int128)Tolerance.TotalSeconds)
            return apart < 0 ? "signed too long ago" : "signed in the future";
        Span<byte> expected = stackalloc byte[HMACSHA256.HashSizeInBytes];
        if (secret is null || !TrySign(secret, id, timestamp, body, expected))
            return "wrong signature";
        Span<byte> given = stackalloc byte[HMACSHA256.HashSizeInBytes];
        var right = false;
        var count = 0;
        foreach (var range in signatures.AsSpan().Split(' '))
        {
            var one = signatures.AsSpan(range);
            if (++count > MaxSignatures)
                break;
            if (one.StartsWith(Version, StringComparison.Ordinal) && Convert.TryFromBase64Chars(one[Version.Length..], given, out var length) && length == given.Length)
                right |= CryptographicOperations.FixedTimeEquals(given, expected);
        }
        return right ? null : "wrong signature";
    }

    static bool TrySign(string secret, string id, string timestamp, ReadOnlySpan<byte> body, Span<byte> signature)
    {
        Span<byte> key = stackalloc byte[256];
        var text = secret.AsSpan();
        if (text.StartsWith(SecretPrefix, StringComparison.Ordinal))
            text = text[SecretPrefix.Length..];
        if (!Convert.TryFromBase64Chars(text, key, out var length))
            return false;
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key[..length]);
        hash.AppendData(Encoding.UTF8.GetBytes($"{id}.{timestamp}."));
        hash.AppendData(body);
        hash.GetHashAndReset(signature);
        return true;
    }

    /// <summary>GitHub takes the secret as the text it is.</summary>
    static bool IsGitHub(string signature, string? secret, ReadOnlySpan<byte> body)
    {
        Span<byte> given = stackalloc byte[HMACSHA256.HashSizeInBytes];
        if (secret is null || signature.Length != GitHubVersion.Length + given.Length * 2 || !signature.StartsWith(GitHubVersion, StringComparison.OrdinalIgnoreCase)
            || Convert.FromHexString(signature.AsSpan(GitHubVersion.Length), given, out _, out _) is not System.Buffers.OperationStatus.Done)
            return false;
        Span<byte> expected = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), body, expected);
        return CryptographicOperations.FixedTimeEquals(given, expected);
    }
}
