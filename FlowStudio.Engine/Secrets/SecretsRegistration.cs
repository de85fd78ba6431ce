using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FlowStudio.Engine.Secrets;

/// <summary>Wires the vault and the redactor.</summary>
public static class SecretsRegistration
{
    /// <summary>
    /// Needs <see cref="EngineOptions"/>, <see cref="TimeProvider"/>, <see cref="IVariableRows"/> and an <see cref="ISecretProtector"/>;
    /// <see cref="SecretVault.LoadAsync"/> must have returned before anything is served or run.
    /// </summary>
    public static IServiceCollection AddSecrets(this IServiceCollection services) => services
        .AddSingleton<SecretRedactor>()
        .AddSingleton(_ => EnvironmentVariables.Current())
        .AddSingleton(s => new SecretVault(s.GetRequiredService<IVariableRows>(), s.GetRequiredService<ISecretProtector>(), s.GetRequiredService<SecretRedactor>(),
            s.GetRequiredService<EngineOptions>().Variables, s.GetRequiredService<EnvironmentVariables>(), s.GetRequiredService<TimeProvider>(),
            s.GetRequiredService<ILogger<SecretVault>>()))
        .AddSingleton<IVariables>(s => s.GetRequiredService<SecretVault>());
}
