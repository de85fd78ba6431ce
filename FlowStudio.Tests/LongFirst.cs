using FlowStudio.Tests;
using Xunit;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(LongFirst))]

namespace FlowStudio.Tests;

/// <summary>What works with whole processes begins first: begun last, one of them would keep everybody waiting while the other processor has nothing to do.</summary>
public sealed class LongFirst : ITestCollectionOrderer
{
    static readonly string[] Long = ["FlowStudio.Tests.Durability.", "FlowStudio.Tests.Browser."];

    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(static c => Array.Exists(Long, c.TestCollectionDisplayName.Contains) ? 0 : 1)];
}
