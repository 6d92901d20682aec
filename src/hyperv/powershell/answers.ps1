# How answers are written. ConvertTo-Json differs between the versions of PowerShell (dates, arrays of one element, characters beyond ASCII,
# halves of surrogate pairs, the length of a document), so values are written one by one.

$FailbackCulture = [Globalization.CultureInfo]::InvariantCulture
$FailbackUnsafe = [regex]'[^\x20-\x21\x23-\x5B\x5D-\x7E]'
$FailbackEscape = [Text.RegularExpressions.MatchEvaluator] { param($match) '\u{0:x4}' -f [int][char] $match.Value }

function Add-FailbackInstance {
    param($Answer, $Instance, $Wanted)
    [void] $Answer.Append('{"className":')
    Add-FailbackText $Answer $Instance.CimSystemProperties.ClassName
    [void] $Answer.Append(',"properties":{')
    $separator = ''
    foreach ($property in $Instance.CimInstanceProperties) {
        if ($Wanted.Count -gt 0 -and $Wanted -notcontains $property.Name) { continue }
        [void] $Answer.Append($separator)
        Add-FailbackProperty $Answer $property.Name $property.Value ("$($property.CimType)" -like 'Reference*')
        $separator = ','
    }
    [void] $Answer.Append('}}')
}

# Out-parameters come without their types. Hyper-V's methods give embedded instances as text, so an object is a reference.
function Add-FailbackOutput {
    param($Answer, $Result)
    [void] $Answer.Append('{"className":"","properties":{')
    $separator = ''
    foreach ($property in $Result.PSObject.Properties) {
        if ($property.Name -eq 'PSComputerName') { continue }
        [void] $Answer.Append($separator)
        Add-FailbackProperty $Answer $property.Name $property.Value $true
        $separator = ','
    }
    [void] $Answer.Append('}}')
}

# Always a list, so that an array with one element stays one: null is a list of null, an empty array is an empty list.
function Add-FailbackProperty {
    param($Answer, $Name, $Value, $IsReference)
    Add-FailbackText $Answer $Name
    [void] $Answer.Append(':[')
    if ($Value -is [Array]) {
        $separator = ''
        foreach ($element in $Value) {
            [void] $Answer.Append($separator)
            Add-FailbackValue $Answer $element $IsReference
            $separator = ','
        }
    } else {
        Add-FailbackValue $Answer $Value $IsReference
    }
    [void] $Answer.Append(']')
}

function Add-FailbackValue {
    param($Answer, $Value, $IsReference)
    if ($null -eq $Value -or $Value -is [string] -or $Value -is [ValueType]) { Add-FailbackText $Answer $Value }
    elseif ($IsReference) { Add-FailbackReference $Answer $Value }
    else { Add-FailbackInstance $Answer $Value @() }
}

function Add-FailbackReference {
    param($Answer, $Reference)
    [void] $Answer.Append('{"className":')
    Add-FailbackText $Answer $Reference.CimSystemProperties.ClassName
    [void] $Answer.Append(',"namespace":')
    Add-FailbackText $Answer $Reference.CimSystemProperties.Namespace
    [void] $Answer.Append(',"keys":[')
    $separator = ''
    $keys = @($Reference.CimInstanceProperties | Where-Object -FilterScript { "$($_.Flags)" -like '*Key*' })
    if ($keys.Count -eq 0) { $keys = @($Reference.CimInstanceProperties | Where-Object -FilterScript { $null -ne $_.Value }) }
    foreach ($key in $keys) {
        [void] $Answer.Append($separator).Append('[')
        Add-FailbackText $Answer $key.Name
        [void] $Answer.Append(',')
        Add-FailbackText $Answer $key.Value
        [void] $Answer.Append(']')
        $separator = ','
    }
    [void] $Answer.Append(']}')
}

# A value as JSON text: whole numbers of any size and moments are text, and everything beyond ASCII is escaped, halves of surrogate pairs too.
function Add-FailbackText {
    param($Answer, $Value)
    if ($null -eq $Value) { [void] $Answer.Append('null'); return }
    if ($Value -is [bool]) { $text = "$Value".ToLowerInvariant() }
    elseif ($Value -is [datetime]) { $text = $Value.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", $FailbackCulture) }
    elseif ($Value -is [timespan]) { $text = '{0:00000000}{1:00}{2:00}{3:00}.{4:000000}:000' -f $Value.Days, $Value.Hours, $Value.Minutes, $Value.Seconds, [Math]::Floor(($Value.Ticks % 10000000) / 10) }
    else { $text = [Convert]::ToString($Value, $FailbackCulture) }
    [void] $Answer.Append('"').Append($FailbackUnsafe.Replace($text, $FailbackEscape)).Append('"')
}

# Whatever Windows says about a failure, in numbers where there are some: words come in the language of the host.
function Add-FailbackFailure {
    param($Answer, $Record)
    $exception = $Record.Exception
    while ($null -eq $exception.PSObject.Properties['NativeErrorCode'] -and $null -ne $exception.InnerException) { $exception = $exception.InnerException }
    $details = @{ NativeErrorCode = $null; MessageId = $null; ErrorData = $null }
    foreach ($name in @($details.Keys)) {
        $property = $exception.PSObject.Properties[$name]
        if ($null -ne $property) { $details[$name] = $property.Value }
    }
    $native = $null
    if ($null -ne $details.NativeErrorCode) { $native = [int] $details.NativeErrorCode }
    $code = $null
    if ($null -ne $details.ErrorData -and $null -ne $details.ErrorData.CimInstanceProperties) {
        $property = $details.ErrorData.CimInstanceProperties['error_Code']
        if ($null -ne $property) { $code = $property.Value }
    }
    [void] $Answer.Append('{"sent":').Append("$($Failback.Sent)".ToLowerInvariant())
    Add-FailbackField $Answer 'category' "$($Record.CategoryInfo.Category)"
    Add-FailbackField $Answer 'native' $native
    Add-FailbackField $Answer 'messageId' $details.MessageId
    Add-FailbackField $Answer 'errorId' $Record.FullyQualifiedErrorId
    Add-FailbackField $Answer 'errorCode' $code
    Add-FailbackField $Answer 'hresult' $exception.HResult
    Add-FailbackField $Answer 'message' $exception.Message
    [void] $Answer.Append('}')
}

function Add-FailbackField {
    param($Answer, $Name, $Value)
    [void] $Answer.Append(',"').Append($Name).Append('":')
    Add-FailbackText $Answer $Value
}
