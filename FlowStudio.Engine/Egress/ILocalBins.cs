namespace FlowStudio.Engine.Egress;

/// <summary>This server's own request bins, called in process: the only relative URLs that an outgoing call may have.</summary>
public interface ILocalBins
{
    /// <summary>Stores the request in its bin and answers as the bin would over HTTP.</summary>
    /// <param name="request">
    /// Checked already. <see cref="GuardedRequest.Url"/> is <c>/bin/{name}</c>, with any path and query after it; still percent-encoded,
    /// without dot segments, empty segments or fragment.
    /// </param>
    Task<GuardedResponse> SendAsync(GuardedRequest request, CancellationToken cancellationToken);
}
