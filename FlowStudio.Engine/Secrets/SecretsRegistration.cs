using Microsoft.Extensions.DependencyInjection;

namespace FlowStudio.Engine.Secrets;

/// <summary>Wires the vault and the redactor.</summary>
public static class SecretsRegistration
{
    /// <summary>
    /// Needs <see cref="VariableOptions"/>, <see cref="TimeProvider"/>, <see cref="IVariableRows"/> and an <see cref="ISecretProtector"/>;
    /// <see cref="SecretVault.LoadAsync"/> must have returned before anything is served or run.
    /// </summary>
    public static IServiceCollection AddSecrets(this IServiceCollection services) => services
        .AddSingleton<SecretRedactor>()
        .AddSingleton(_ => EnvironmentVariables.Current())
        .AddSingleton<SecretVault>()
        .AddSingleton<ApiKeys>()
        .AddSingleton<FlowSecrets>()
        .AddSingleton<IVariables>(s => s.GetRequiredService<SecretVault>());
}
