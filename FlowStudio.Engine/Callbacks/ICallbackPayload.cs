using FlowStudio.Engine.Runs;

namespace FlowStudio.Engine.Callbacks;

/// <summary>Writes the body of messages of one kind. A dialect brings its own by registering one more.</summary>
public interface ICallbackPayload
{
    /// <summary>What <see cref="CallbackTarget.Kind"/> names.</summary>
    string Kind { get; }

    /// <summary>The message about a run's end: JSON, the same bytes for every attempt. Null when the run is gone.</summary>
    Task<byte[]?> WriteAsync(Delivery delivery, CancellationToken cancellationToken);

    /// <summary>A message that only tries out the way, about no run.</summary>
    byte[] WriteTest(Guid deliveryId, Guid flowId, DateTimeOffset now);
}
