using FlowStudio.Engine.Flows;
using Microsoft.Extensions.DependencyInjection;

namespace FlowStudio.Engine.Components;

/// <summary>Wires the components.</summary>
public static class ComponentRegistration
{
    /// <summary>The catalog, and the validator that asks it. Needs <see cref="TimeProvider"/>, the model providers and the guarded HTTP client.</summary>
    public static IServiceCollection AddComponents(this IServiceCollection services) => services
        .AddSingleton<ComponentCatalog>()
        .AddSingleton<ModelTest>()
        .AddSingleton<INodeShapes>(s => s.GetRequiredService<ComponentCatalog>())
        .AddSingleton<FlowValidator>()
        .AddSingleton<VariableUses>();
}
