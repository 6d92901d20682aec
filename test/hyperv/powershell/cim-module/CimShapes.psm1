# WS-Management underneath of SimulatedCim: messages, and what comes back in the shapes CIM cmdlets give it.

# As CimException has them.
class SimulatedCimException : Exception {
    [int] $NativeErrorCode
    [string] $MessageId
    $ErrorData
    SimulatedCimException([string] $message, [int] $native, [string] $messageId) : base($message) {
        $this.NativeErrorCode = $native
        $this.MessageId = $messageId
    }
}

# WS-Management carries no types, CIM does: those of the properties that are no text.
$Types = @{}
foreach ($name in 'EnabledState', 'HealthState', 'ReplicationMode', 'ReplicationState', 'ReplicationHealth', 'FailedOverReplicationType', 'JobType', 'JobState',
    'PercentComplete', 'ErrorCode', 'AllowedAuthenticationType', 'HttpPort', 'HttpsPort', 'ReplicationInterval', 'RecoveryHistory', 'AuthenticationType',
    'ApplicationConsistentSnapshotInterval', 'RecoveryServerPortNumber', 'OperationalStatus') { $Types[$name] = [uint16] }
$Types['ReturnValue'] = [uint32]
$Types['uValue'] = [uint32]
foreach ($name in 'Cancellable', 'RecoveryServerEnabled', 'CompressionEnabled', 'BypassProxyServer', 'ReplicateHostKvpItems', 'AutoResynchronizeEnabled',
    'EnableWriteOrderPreservationAcrossDisks') { $Types[$name] = [bool] }
$Arrays = 'OperationalStatus', 'IncludedDisks', 'HostResource', 'Errors', 'ReplicationStatistics', 'ReplicationHealthIssues', 'StatusDescriptions'
# The methods of some classes are known, those of others are not: both are seen with real hosts.
$Declared = @{ Msvm_ReplicationService = 'InitiateFailback', 'InitiateFailover', 'CommitFailover', 'StartReplication', 'GetReplicationStatistics' }

function New-InstanceShape {
    param($ClassName, $Namespace, $Properties)
    $methods = @{}
    foreach ($method in $Declared[$ClassName]) { $methods[$method] = $method }
    [pscustomobject]@{
        CimInstanceProperties = $Properties
        CimSystemProperties   = [pscustomobject]@{ ClassName = $ClassName; Namespace = $Namespace }
        CimClass              = [pscustomobject]@{ CimClassMethods = $methods }
    }
}

function Read-PropertyList {
    param($Element, $Keys = @())
    $names = [ordered]@{}
    foreach ($child in $Element.ChildNodes) {
        if ($child.NodeType -ne 'Element') { continue }
        if (-not $names.Contains($child.LocalName)) { $names[$child.LocalName] = New-Object Collections.ArrayList }
        [void] $names[$child.LocalName].Add($child)
    }
    foreach ($name in $names.Keys) {
        $elements = $names[$name]
        $isReference = $null -ne (Select-Parameters $elements[0])
        $value = $null
        if ($elements.Count -gt 1 -or ($Arrays -contains $name -and -not (Test-Nil $elements[0]))) {
            $value = @(foreach ($each in $elements) { ConvertFrom-Element $name $each })
        } elseif (-not (Test-Nil $elements[0])) { $value = ConvertFrom-Element $name $elements[0] }
        [pscustomobject]@{
            Name = $name; Value = $value; CimType = $(if ($isReference) { 'Reference' } else { 'String' })
            Flags = $(if ($Keys -contains $name) { 'Property, Key' } else { 'Property' })
        }
    }
}

function Test-Nil { param($Element) $Element.GetAttribute('nil', 'http://www.w3.org/2001/XMLSchema-instance') -eq 'true' }

function Select-Parameters { param($Element) $Element.SelectSingleNode("*[local-name()='ReferenceParameters']") }

function ConvertFrom-Element {
    param($Name, $Element)
    $parameters = Select-Parameters $Element
    if ($null -ne $parameters) {
        $uri = $parameters.SelectSingleNode("*[local-name()='ResourceURI']").InnerText
        $namespace = $uri -replace '^.*/wmi/', '' -replace '/[^/]*$', ''
        $properties = foreach ($selector in $parameters.SelectNodes("*[local-name()='SelectorSet']/*")) {
            $key = $selector.GetAttribute('Name')
            if ($key -eq '__cimnamespace') { continue }
            [pscustomobject]@{ Name = $key; Value = $selector.InnerText; CimType = 'String'; Flags = 'Property, Key' }
        }
        return New-InstanceShape ($uri -replace '^.*/', '') $namespace @($properties)
    }
    $text = $Element.InnerText
    $first = $Element.FirstChild
    if ($null -ne $first -and $first.LocalName -eq 'Datetime') {
        return [datetime]::Parse($text, [Globalization.CultureInfo]::InvariantCulture, [Globalization.DateTimeStyles]::RoundtripKind)
    }
    if ($null -ne $first -and $first.LocalName -eq 'Interval') { return [Xml.XmlConvert]::ToTimeSpan($text) }
    $type = $Types[$Name]
    if ($null -eq $type) { return $text }
    if ($type -eq [bool]) { return $text -eq 'true' }
    $text -as $type
}

function Get-ResourceUri {
    param($Instance)
    'http://schemas.microsoft.com/wbem/wsman/1/wmi/' + $Instance.CimSystemProperties.Namespace + '/' + $Instance.CimSystemProperties.ClassName
}

function Get-SelectorXml {
    param($Instance)
    $selectors = foreach ($property in $Instance.CimInstanceProperties) {
        if ($property.Flags -notlike '*Key*') { continue }
        '<w:Selector Name="' + $property.Name + '">' + [Security.SecurityElement]::Escape($property.Value) + '</w:Selector>'
    }
    if ($null -eq $selectors) { return '' }
    '<w:SelectorSet>' + (-join $selectors) + '</w:SelectorSet>'
}

# As Invoke-CimMethod takes arguments: an object is a reference by its declaration, or else by [ref].
function ConvertTo-ArgumentXml {
    param($Value, $IsDeclared)
    if ($Value -is [Management.Automation.PSReference]) {
        if ($IsDeclared) { throw 'A declared reference is given as it is.' }
        $Value = $Value.Value
    } elseif ($Value -isnot [string] -and $Value -isnot [ValueType] -and -not $IsDeclared) { throw 'This would be an embedded instance.' }
    if ($Value -is [bool]) { return "$Value".ToLowerInvariant() }
    if ($Value -is [datetime]) { return $Value.ToUniversalTime().ToString("yyyyMMddHHmmss.ffffff'+000'", [Globalization.CultureInfo]::InvariantCulture) }
    if ($Value -is [string] -or $Value -is [ValueType]) { return [Security.SecurityElement]::Escape("$Value") }
    $uri = Get-ResourceUri $Value
    "<a:Address>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address><a:ReferenceParameters><w:ResourceURI>$uri</w:ResourceURI>$(Get-SelectorXml $Value)</a:ReferenceParameters>"
}

function New-CimMessage {
    param($Session, $Action, $Uri, $Selectors, $Body)
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"' +
    ' xmlns:n="http://schemas.xmlsoap.org/ws/2004/09/enumeration" xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"><s:Header>' +
    "<a:To>$($Session.Url)</a:To><w:ResourceURI s:mustUnderstand=`"true`">$Uri</w:ResourceURI>" +
    '<a:ReplyTo><a:Address s:mustUnderstand="true">http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address></a:ReplyTo>' +
    "<a:Action s:mustUnderstand=`"true`">$Action</a:Action><w:MaxEnvelopeSize s:mustUnderstand=`"true`">512000</w:MaxEnvelopeSize>" +
    "<a:MessageID>uuid:$([guid]::NewGuid())</a:MessageID>$Selectors</s:Header><s:Body>$Body</s:Body></s:Envelope>"
}

# One exchange; the body of the answer. What went wrong is thrown as the cmdlets of Windows would.
function Send-CimMessage {
    param($Session, $Message, $Timeout)
    $cancel = New-Object -TypeName Threading.CancellationTokenSource -ArgumentList ([timespan]::FromSeconds([Math]::Max(1, $Timeout)))
    $content = New-Object -TypeName Net.Http.StringContent -ArgumentList $Message, ([Text.Encoding]::UTF8), 'application/soap+xml'
    try {
        $response = $Session.Client.PostAsync($Session.Url, $content, $cancel.Token).GetAwaiter().GetResult()
        $text = $response.Content.ReadAsStringAsync().GetAwaiter().GetResult()
    } catch { throw (ConvertTo-CimError $_.Exception) }
    if ([int] $response.StatusCode -eq 401) { throw (New-CimError 'Access is denied.' 2 0x80070005L 'PermissionDenied') }
    $document = New-Object -TypeName Xml.XmlDocument
    $document.PreserveWhitespace = $true
    $document.LoadXml($text)
    $body = $document.DocumentElement.SelectSingleNode("*[local-name()='Body']")
    if ($body.FirstChild.LocalName -eq 'Fault') { throw (ConvertFrom-Fault $body.FirstChild) }
    $body
}

function ConvertTo-CimError {
    param($Exception)
    while ($null -ne $Exception.InnerException) {
        $Exception = $Exception.InnerException
        if ($Exception -is [Net.Sockets.SocketException]) { break }
    }
    if ($Exception -is [OperationCanceledException]) { return New-CimError 'The operation has timed out.' 1 0x80338029L 'OperationTimeout' }
    if ($Exception -is [Net.Sockets.SocketException]) {
        if ($Exception.SocketErrorCode -eq 'ConnectionRefused') { return New-CimError 'The client cannot connect to the destination.' 1 0x80338012L 'ConnectionError' }
        if ($Exception.SocketErrorCode -eq 'HostNotFound') { return New-CimError 'The name cannot be resolved.' 1 0x803381B9L 'ConnectionError' }
    }
    New-CimError 'The connection was cut off.' 1 0x80072EFEL 'ConnectionError'
}

function ConvertFrom-Fault {
    param($Fault)
    $text = $Fault.SelectSingleNode(".//*[local-name()='Text']").InnerText
    $subcode = $Fault.SelectSingleNode(".//*[local-name()='Subcode']/*[local-name()='Value']")
    if ($null -ne $subcode -and $subcode.InnerText -like '*:AccessDenied') { return New-CimError $text 2 0x80070005L 'PermissionDenied' }
    $code = 0L
    $coded = $Fault.SelectSingleNode(".//@Code")
    if ($null -ne $coded) { $code = [long] $coded.Value }
    $detail = $Fault.SelectSingleNode(".//*[local-name()='FaultDetail']")
    # Where the class itself is missing, WMI says so in its own words.
    if ($null -ne $detail -and $detail.InnerText -like '*/InvalidResourceURI') { $code = 0x80041010L }
    New-CimError $text 1 $code 'NotSpecified'
}

function New-CimError {
    param($Message, $Native, [long] $Code, $Category)
    $id = 'HRESULT 0x{0:x8}' -f $Code
    $exception = [SimulatedCimException]::new($Message, $Native, $id)
    New-Object -TypeName Management.Automation.ErrorRecord -ArgumentList $exception, $id, $Category, $null
}

Export-ModuleMember -Function New-InstanceShape, Read-PropertyList, Get-ResourceUri, Get-SelectorXml, ConvertTo-ArgumentXml, New-CimMessage, Send-CimMessage
