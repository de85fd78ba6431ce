using Shouldly;
using Xunit;

namespace FlowStudio.Tests;

public class ArchitectureTests
{
    [Fact]
    public void Engine_references_no_web_assembly() =>
        typeof(Engine.Storage.Sqlite.SqliteBridge).Assembly.GetReferencedAssemblies()
            .Where(a => a.Name!.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal)).ShouldBeEmpty();
}
