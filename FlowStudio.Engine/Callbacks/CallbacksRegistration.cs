using FlowStudio.Engine.Egress;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Secrets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FlowStudio.Engine.Callbacks;

/// <summary>Wires completion webhooks. The host adds an <see cref="ICallbackPayload"/> for each kind.</summary>
static class CallbacksRegistration
{
    public static IServiceCollection AddCallbacks(this IServiceCollection services) => services
        .AddSingleton<DeliverySignal>()
        .AddSingleton<SigningSecrets>()
        .AddSingleton(static s => new Courier(
            s.GetRequiredService<GuardedHttp>(), s.GetRequiredService<CallbackOptions>(), s.GetRequiredService<SecretRedactor>(), s.GetRequiredService<TimeProvider>()))
        .AddSingleton(static s => new DeliveryPump(
            s.GetRequiredService<IDeliveryRows>(), s.GetRequiredService<Courier>(), s.GetServices<ICallbackPayload>(), s.GetRequiredService<SigningSecrets>(), s.GetRequiredService<IFlowStore>(),
            s.GetRequiredService<DeliverySignal>(), s.GetRequiredService<CallbackOptions>(), s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<DeliveryPump>>()))
        .AddSingleton(static s => new CompletionWebhooks(
            s.GetRequiredService<IDeliveryRows>(), s.GetRequiredService<RunJournal>(), s.GetRequiredService<DeliveryPump>(), s.GetRequiredService<Courier>(), s.GetRequiredService<SigningSecrets>(), s.GetRequiredService<GuardedHttp>(),
            s.GetServices<ICallbackPayload>(), s.GetRequiredService<TimeProvider>()));
}
