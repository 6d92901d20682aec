# Reads scripts with PowerShell's own parser and lists what Windows PowerShell 5.1 would not understand. In: JSON, an array of texts. Out: JSON,
# for each text an array of findings.

$Allowed = @{
    # Commands of 5.1, with those of their parameters that 5.1 has and we use. A star: arguments come splatted too.
    'ConvertFrom-Json'   = 'InputObject'
    'ConvertTo-Json'     = 'InputObject', 'Depth', 'Compress'
    'Copy-Item'          = 'Path', 'Destination', 'Recurse', 'Force'
    'Export-ModuleMember' = 'Function'
    'Get-CimInstance'    = 'CimSession', 'Namespace', 'Query', 'InputObject', 'OperationTimeoutSec', '*'
    'Get-PSSessionConfiguration' = 'Name', 'ErrorAction'
    'icacls.exe'         = @()
    'Import-Module'      = 'Name', 'Global'
    'Invoke-CimMethod'   = '*'
    'Join-Path'          = 'Path', 'ChildPath'
    'New-CimInstance'    = 'ClientOnly', 'Namespace', 'ClassName', 'Property', 'Key'
    'New-CimSession'     = '*'
    'New-CimSessionOption' = 'Protocol', 'UseSsl'
    'New-Item'           = 'Path', 'ItemType', 'Force'
    'New-Object'         = 'TypeName', 'ArgumentList'
    'New-PSSession'      = '*'
    'New-PSSessionConfigurationFile' = '*'
    'Out-Null'           = @()
    'Register-PSSessionConfiguration' = 'Name', 'Path', 'Force'
    'Remove-CimSession'  = 'CimSession', 'ErrorAction'
    'Remove-PSSession'   = 'Session', 'ErrorAction'
    'Resolve-Path'       = 'Path'
    'Unregister-PSSessionConfiguration' = 'Name', 'Force', 'NoServiceRestart'
    'Where-Object'       = 'FilterScript'
}
# Types of .NET Framework 4.5 and of PowerShell 5.1; TypeName of New-Object too.
$Types = 'Array', 'BitConverter', 'Buffer', 'byte[]', 'bool', 'char', 'char[]', 'Console', 'Convert', 'datetime', 'Diagnostics.Stopwatch', 'double', 'Globalization.CultureInfo',
    'Globalization.DateTimeStyles', 'int', 'Math', 'powershell', 'regex', 'string', 'string[]', 'StringComparer', 'Text.Encoding', 'Text.RegularExpressions.MatchEvaluator',
    'timespan', 'uint16', 'uint32', 'ValueType', 'void', 'Collections.Specialized.OrderedDictionary', 'Management.Automation.PSCredential', 'Management.Automation.PSReference', 'Security.Principal.SecurityIdentifier', 'Security.Principal.NTAccount', 'Management.Automation.Remoting.PSSessionOption',
    'Security.Cryptography.RSACryptoServiceProvider', 'Security.SecureString', 'Text.StringBuilder'
# Kinds of syntax that came later, by the names of their classes, which an older parser does not have.
$Later = 'TernaryExpressionAst', 'PipelineChainAst'
$LaterTokens = 'QuestionQuestion', 'QuestionQuestionEquals', 'QuestionDot', 'QuestionLBracket', 'AndAnd', 'OrOr'

function Get-Finding {
    param([string] $Text)
    $tokens = $null
    $errors = $null
    $tree = [Management.Automation.Language.Parser]::ParseInput($Text, [ref] $tokens, [ref] $errors)
    foreach ($each in $errors) { "line $($each.Extent.StartLineNumber): $($each.ErrorId)" }
    if ($Text -match '[^\x00-\x7F]') { 'characters beyond ASCII' }
    $own = @($tree.FindAll({ $args[0] -is [Management.Automation.Language.FunctionDefinitionAst] }, $true) | ForEach-Object { $_.Name })
    foreach ($token in $tokens) {
        if ($LaterTokens -contains "$($token.Kind)") { "line $($token.Extent.StartLineNumber): $($token.Kind)" }
        if ($token -is [Management.Automation.Language.StringExpandableToken] -and $token.Extent.Text -match '`[ue]') { "line $($token.Extent.StartLineNumber): escape" }
    }
    foreach ($node in $tree.FindAll({ $true }, $true)) {
        $line = "line $($node.Extent.StartLineNumber)"
        $kind = $node.GetType().Name
        if ($Later -contains $kind) { "${line}: $kind" }
        if ($kind -eq 'PipelineAst' -and $node.Background) { "${line}: background" }
        if ($kind -eq 'ScriptBlockAst' -and $null -ne $node.CleanBlock) { "${line}: clean" }
        if ($kind -like 'Type*Ast' -or $kind -eq 'ConvertExpressionAst') {
            $name = if ($kind -eq 'ConvertExpressionAst') { $node.Type.TypeName.FullName } else { $node.TypeName.FullName }
            if ($null -ne $name -and $Types -notcontains $name) { "${line}: type $name" }
        }
        if ($kind -ne 'CommandAst') { continue }
        $command = $node.GetCommandName()
        if ($null -eq $command) {
            # Only the other half of the script is called by a path.
            if ("$($node.InvocationOperator)" -ne 'Dot') { "${line}: a command that is computed" }
            continue
        }
        if ($own -contains $command -or $command -like '*-Failback*') { continue }
        $parameters = $Allowed[$command]
        if ($null -eq $parameters) { "${line}: command $command"; continue }
        $position = 0
        foreach ($element in @($node.CommandElements | Select-Object -Skip 1)) {
            $position++
            if ($element -is [Management.Automation.Language.CommandParameterAst]) {
                if ($parameters -notcontains $element.ParameterName) { "${line}: $command -$($element.ParameterName)" }
            } elseif ($element.Splatted) {
                if ($parameters -notcontains '*') { "${line}: $command with a table" }
            }
        }
        if ($command -eq 'New-Object') {
            $at = [Array]::IndexOf(@($node.CommandElements | ForEach-Object { $_.Extent.Text }), '-TypeName')
            $name = "$($node.CommandElements[$at + 1].Extent.Text)"
            if ($Types -notcontains $name) { "${line}: type $name" }
        }
    }
}

$texts = [Console]::In.ReadToEnd() | ConvertFrom-Json
$all = @(foreach ($text in $texts) { , @(Get-Finding $text) })
[Console]::Out.WriteLine((ConvertTo-Json -InputObject $all -Depth 4 -Compress))
