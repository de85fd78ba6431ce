namespace FlowStudio.Engine.Secrets;

/// <summary>Variables as nodes read them: from memory, always the newest value.</summary>
public interface IVariables
{
    /// <summary>The value, from the vault or else the environment; null when there is none.</summary>
    string? Find(string name);
}

/// <summary>Encrypts what the vault stores; the host implements it.</summary>
public interface ISecretProtector
{
    byte[] Protect(byte[] plain);

    /// <exception cref="System.Security.Cryptography.CryptographicException">The key ring does not have the key any more.</exception>
    byte[] Unprotect(byte[] sealedBytes);
}
