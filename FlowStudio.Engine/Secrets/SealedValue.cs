using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace FlowStudio.Engine.Secrets;

/// <summary>
/// A value sealed together with its scope and name, so that rows whose values were swapped in the database are found out
/// instead of being used for each other.
/// </summary>
static class SealedValue
{
    static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static byte[] Seal(ISecretProtector protector, string scope, string name, ReadOnlySpan<byte> value)
    {
        var owner = Owner(scope, name);
        var plain = new byte[4 + owner.Length + value.Length];
        try
        {
            BinaryPrimitives.WriteInt32LittleEndian(plain, owner.Length);
            owner.CopyTo(plain, 4);
            value.CopyTo(plain.AsSpan(4 + owner.Length));
            return protector.Protect(plain);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    /// <summary>The value, or null when it cannot be decrypted or was sealed for something else.</summary>
    public static byte[]? Open(ISecretProtector protector, VariableRow row)
    {
        byte[] plain;
        try
        {
            plain = protector.Unprotect(row.Value);
        }
        catch (CryptographicException)
        {
            return null;
        }
        var owner = Owner(row.Scope, row.Name);
        if (plain.Length < 4 + owner.Length || BinaryPrimitives.ReadInt32LittleEndian(plain) != owner.Length
            || !plain.AsSpan(4, owner.Length).SequenceEqual(owner))
            return null;
        return plain[(4 + owner.Length)..];
    }

    /// <exception cref="EncoderFallbackException">The text has half of a surrogate pair.</exception>
    public static byte[] Utf8(string text) => Strict.GetBytes(text);

    public static string? Text(byte[]? utf8) => utf8 is null ? null : Encoding.UTF8.GetString(utf8);

    static byte[] Owner(string scope, string name) => Encoding.UTF8.GetBytes($"{scope}/{name}");
}
