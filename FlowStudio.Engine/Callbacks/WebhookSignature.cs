using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace FlowStudio.Engine.Callbacks;

/// <summary>
/// Signatures of the Standard Webhooks specification, version 1: <c>v1,</c> and the base64 HMAC-SHA256 of <c>{id}.{timestamp}.{body}</c>; one after the
/// other, with a blank between them, while two secrets are good.
/// </summary>
public static class WebhookSignature
{
    public const string IdHeader = "webhook-id";
    public const string TimestampHeader = "webhook-timestamp";
    public const string SignatureHeader = "webhook-signature";

    /// <summary>What a secret begins with; base64 follows.</summary>
    public const string SecretPrefix = "whsec_";

    /// <param name="at">When the attempt is made; counted in whole seconds.</param>
    /// <param name="secrets">With or without <see cref="SecretPrefix"/>.</param>
    /// <exception cref="FormatException">A secret is not base64.</exception>
    public static string Sign(string id, DateTimeOffset at, ReadOnlySpan<byte> body, params IEnumerable<string> secrets)
    {
        var head = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{at.ToUnixTimeSeconds()}."));
        var signatures = new List<string>();
        foreach (var secret in secrets)
        {
            using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Key(secret));
            hash.AppendData(head);
            hash.AppendData(body);
            signatures.Add("v1," + Convert.ToBase64String(hash.GetHashAndReset()));
        }
        return string.Join(' ', signatures);
    }

    static byte[] Key(string secret) => Convert.FromBase64String(secret.StartsWith(SecretPrefix, StringComparison.Ordinal) ? secret[SecretPrefix.Length..] : secret);
}
