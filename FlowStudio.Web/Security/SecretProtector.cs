using FlowStudio.Engine.Secrets;
using Microsoft.AspNetCore.DataProtection;

namespace FlowStudio.Web.Security;

/// <summary>Seals the vault's values with ASP.NET Core Data Protection; its keys lie in the data directory.</summary>
sealed class SecretProtector(IDataProtectionProvider provider) : ISecretProtector
{
    readonly IDataProtector protector = provider.CreateProtector("FlowStudio.Secrets.v1");

    public byte[] Protect(byte[] plain) => protector.Protect(plain);

    public byte[] Unprotect(byte[] sealedBytes) => protector.Unprotect(sealedBytes);
}
