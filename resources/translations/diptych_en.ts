<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en">
<context>
    <name>AddRunField</name>
    <message numerus="yes">
        <source>%Ln run(s) are compared at most; remove one first</source>
        <translation>
            <numerusform>%Ln run is compared at most; remove one first</numerusform>
            <numerusform>%Ln runs are compared at most; remove one first</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ChecksController</name>
    <message numerus="yes">
        <source>Examining %Ln item(s)…</source>
        <translation>
            <numerusform>Examining %Ln item…</numerusform>
            <numerusform>Examining %Ln items…</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>The doctor found %Ln issue(s)</source>
        <translation>
            <numerusform>The doctor found %Ln issue</numerusform>
            <numerusform>The doctor found %Ln issues</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>CurvesPage</name>
    <message numerus="yes">
        <source>{0}, median of %Ln seed(s)</source>
        <translation>
            <numerusform>{0}, median of %Ln seed</numerusform>
            <numerusform>{0}, median of %Ln seeds</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>DatasetBrowser</name>
    <message numerus="yes">
        <source>%Ln items selected</source>
        <translation>
            <numerusform>%Ln item selected</numerusform>
            <numerusform>%Ln items selected</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>DatasetPanel</name>
    <message numerus="yes">
        <source>%Ln item(s) changed; the dataset itself stays as it is</source>
        <translation>
            <numerusform>%Ln item changed; the dataset itself stays as it is</numerusform>
            <numerusform>%Ln items changed; the dataset itself stays as it is</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{0} of %Ln item(s) shown</source>
        <translation>
            <numerusform>{0} of %Ln item shown</numerusform>
            <numerusform>{0} of %Ln items shown</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>EmptyTrash</name>
    <message numerus="yes">
        <source>Delete %Ln run(s) for good?</source>
        <translation>
            <numerusform>Delete %Ln run for good?</numerusform>
            <numerusform>Delete %Ln runs for good?</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>FieldText</name>
    <message numerus="yes">
        <source>%Ln field(s)</source>
        <translation>
            <numerusform>%Ln field</numerusform>
            <numerusform>%Ln fields</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln of numbers</source>
        <translation>
            <numerusform>%Ln of numbers</numerusform>
            <numerusform>%Ln of numbers</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln of categories</source>
        <translation>
            <numerusform>%Ln of categories</numerusform>
            <numerusform>%Ln of categories</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln column(s) left out</source>
        <translation>
            <numerusform>%Ln column left out</numerusform>
            <numerusform>%Ln columns left out</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln missing</source>
        <translation>
            <numerusform>%Ln missing</numerusform>
            <numerusform>%Ln missing</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln unreadable</source>
        <translation>
            <numerusform>%Ln unreadable</numerusform>
            <numerusform>%Ln unreadable</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln different value(s)</source>
        <translation>
            <numerusform>%Ln different value</numerusform>
            <numerusform>%Ln different values</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>FieldsPage</name>
    <message numerus="yes">
        <source>%Ln row(s) read so far…</source>
        <translation>
            <numerusform>%Ln row read so far…</numerusform>
            <numerusform>%Ln rows read so far…</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>FormatPage</name>
    <message numerus="yes">
        <source>%Ln sound(s)</source>
        <translation>
            <numerusform>%Ln sound</numerusform>
            <numerusform>%Ln sounds</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln image(s)</source>
        <translation>
            <numerusform>%Ln image</numerusform>
            <numerusform>%Ln images</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln item(s) found so far…</source>
        <translation>
            <numerusform>%Ln item found so far…</numerusform>
            <numerusform>%Ln items found so far…</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln pair(s)</source>
        <translation>
            <numerusform>%Ln pair</numerusform>
            <numerusform>%Ln pairs</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln image(s) with several texts</source>
        <translation>
            <numerusform>%Ln image with several texts</numerusform>
            <numerusform>%Ln images with several texts</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln image(s) without text</source>
        <translation>
            <numerusform>%Ln image without text</numerusform>
            <numerusform>%Ln images without text</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln text(s) without image</source>
        <translation>
            <numerusform>%Ln text without image</numerusform>
            <numerusform>%Ln texts without image</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln item(s) with a sound</source>
        <translation>
            <numerusform>%Ln item with a sound</numerusform>
            <numerusform>%Ln items with a sound</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln row(s) of a table</source>
        <translation>
            <numerusform>%Ln row of a table</numerusform>
            <numerusform>%Ln rows of a table</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>IssueView</name>
    <message numerus="yes">
        <source>The first %Ln of them:</source>
        <translation>
            <numerusform>The first %Ln of them:</numerusform>
            <numerusform>The first %Ln of them:</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>MetricPlot</name>
    <message numerus="yes">
        <source>%Ln run(s) have no such curve.</source>
        <translation>
            <numerusform>%Ln run has no such curve.</numerusform>
            <numerusform>%Ln runs have no such curve.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ParallelPage</name>
    <message numerus="yes">
        <source>Compare %Ln brushed run(s)</source>
        <translation>
            <numerusform>Compare %Ln brushed run</numerusform>
            <numerusform>Compare %Ln brushed runs</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln run(s) are compared at most: brush fewer</source>
        <translation>
            <numerusform>%Ln run is compared at most: brush fewer</numerusform>
            <numerusform>%Ln runs are compared at most: brush fewer</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ReplaceDialog</name>
    <message numerus="yes">
        <source>%Ln text(s) would change:</source>
        <translation>
            <numerusform>%Ln text would change:</numerusform>
            <numerusform>%Ln texts would change:</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln item(s) without an image would lose their text and stay as they are.</source>
        <translation>
            <numerusform>%Ln item without an image would lose its text and stays as it is.</numerusform>
            <numerusform>%Ln items without an image would lose their text and stay as they are.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>RunPanel</name>
    <message numerus="yes">
        <source>%n more field(s) need attention.</source>
        <translation>
            <numerusform>%n more field needs attention.</numerusform>
            <numerusform>%n more fields need attention.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>RunProgress</name>
    <message numerus="yes">
        <source>CPU, %Ln thread(s)</source>
        <translation>
            <numerusform>CPU, %Ln thread</numerusform>
            <numerusform>CPU, %Ln threads</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>SaveGalleryDialog</name>
    <message numerus="yes">
        <source>%Ln pairs saved</source>
        <translation>
            <numerusform>%Ln pair saved</numerusform>
            <numerusform>%Ln pairs saved</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Cancelled; %Ln pairs were saved before</source>
        <translation>
            <numerusform>Cancelled; %Ln pair was saved before</numerusform>
            <numerusform>Cancelled; %Ln pairs were saved before</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Writes %Ln PNG images, their texts (metadata.jsonl), a contact sheet and a page to look through them (index.html) to:</source>
        <translation>
            <numerusform>Writes %Ln PNG image, its text (metadata.jsonl), a contact sheet and a page to look through them (index.html) to:</numerusform>
            <numerusform>Writes %Ln PNG images, their texts (metadata.jsonl), a contact sheet and a page to look through them (index.html) to:</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Writes %Ln items: images and sounds as files, texts and table rows in metadata.jsonl, a contact sheet and a page to look through them (index.html) to:</source>
        <translation>
            <numerusform>Writes %Ln item: images and sounds as files, texts and table rows in metadata.jsonl, a contact sheet and a page to look through them (index.html) to:</numerusform>
            <numerusform>Writes %Ln items: images and sounds as files, texts and table rows in metadata.jsonl, a contact sheet and a page to look through them (index.html) to:</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>SaveTilesDialog</name>
    <message numerus="yes">
        <source>%Ln pair(s)</source>
        <translation>
            <numerusform>%Ln pair</numerusform>
            <numerusform>%Ln pairs</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln pair(s) were saved.</source>
        <translation>
            <numerusform>%Ln pair was saved.</numerusform>
            <numerusform>%Ln pairs were saved.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>SearchTilesDialog</name>
    <message numerus="yes">
        <source>The first %Ln are shown. Add a word.</source>
        <translation>
            <numerusform>The first %Ln is shown. Add a word.</numerusform>
            <numerusform>The first %Ln are shown. Add a word.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln found.</source>
        <translation>
            <numerusform>%Ln found.</numerusform>
            <numerusform>%Ln found.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>SelectionBar</name>
    <message numerus="yes">
        <source>%Ln selected</source>
        <translation>
            <numerusform>%Ln selected</numerusform>
            <numerusform>%Ln selected</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>SoundsPage</name>
    <message numerus="yes">
        <source>%Ln of {0} sounds were read</source>
        <translation>
            <numerusform>%Ln of {0} sounds were read</numerusform>
            <numerusform>%Ln of {0} sounds were read</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln longer and cut at the end</source>
        <translation>
            <numerusform>%Ln longer and cut at the end</numerusform>
            <numerusform>%Ln longer and cut at the end</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln padded with silence</source>
        <translation>
            <numerusform>%Ln padded with silence</numerusform>
            <numerusform>%Ln padded with silence</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>SourcePage</name>
    <message numerus="yes">
        <source>%Ln file(s) found so far…</source>
        <translation>
            <numerusform>%Ln file found so far…</numerusform>
            <numerusform>%Ln files found so far…</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln file(s) found</source>
        <translation>
            <numerusform>%Ln file found</numerusform>
            <numerusform>%Ln files found</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>SplitDialog</name>
    <message numerus="yes">
        <source>%Ln item(s) for validation, {0} to train on; {1} change sides.</source>
        <translation>
            <numerusform>%Ln item for validation, {0} to train on; {1} change sides.</numerusform>
            <numerusform>%Ln items for validation, {0} to train on; {1} change sides.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>StatisticsPage</name>
    <message numerus="yes">
        <source>Mean colour of %Ln image(s): {0}</source>
        <translation>
            <numerusform>Mean colour of %Ln image: {0}</numerusform>
            <numerusform>Mean colour of %Ln images: {0}</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln pair(s)</source>
        <translation>
            <numerusform>%Ln pair</numerusform>
            <numerusform>%Ln pairs</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln image(s) without text</source>
        <translation>
            <numerusform>%Ln image without text</numerusform>
            <numerusform>%Ln images without text</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln text(s) without image</source>
        <translation>
            <numerusform>%Ln text without image</numerusform>
            <numerusform>%Ln texts without image</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln item(s) excluded</source>
        <translation>
            <numerusform>%Ln item excluded</numerusform>
            <numerusform>%Ln items excluded</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Studio</name>
    <message numerus="yes">
        <source>%Ln run(s) are compared at most.</source>
        <translation>
            <numerusform>%Ln run is compared at most.</numerusform>
            <numerusform>%Ln runs are compared at most.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>SummaryPage</name>
    <message numerus="yes">
        <source>%Ln item(s) imported</source>
        <translation>
            <numerusform>%Ln item imported</numerusform>
            <numerusform>%Ln items imported</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln file(s) or item(s) were left out; the report names each of them with its reason.</source>
        <translation>
            <numerusform>%Ln file or item was left out; the report names it with its reason.</numerusform>
            <numerusform>%Ln files or items were left out; the report names each of them with its reason.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>SweepDialog</name>
    <message numerus="yes">
        <source>Add %Ln run(s) to the queue</source>
        <translation>
            <numerusform>Add %Ln run to the queue</numerusform>
            <numerusform>Add %Ln runs to the queue</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln combination(s) are left out, because the settings exclude them. The first reason:</source>
        <translation>
            <numerusform>%Ln combination is left out, because the settings exclude it. The reason:</numerusform>
            <numerusform>%Ln combinations are left out, because the settings exclude them. The first reason:</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln run(s) take about {0}, one after the other.</source>
        <translation>
            <numerusform>%Ln run takes about {0}.</numerusform>
            <numerusform>%Ln runs take about {0}, one after the other.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>How long %Ln run(s) take is not known before the speed is measured.</source>
        <translation>
            <numerusform>How long %Ln run takes is not known before the speed is measured.</numerusform>
            <numerusform>How long %Ln runs take is not known before the speed is measured.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln run(s) have no limit of time or images: the queue waits until you stop them.</source>
        <translation>
            <numerusform>%Ln run has no limit of time or images: the queue waits until you stop it.</numerusform>
            <numerusform>%Ln runs have no limit of time or images: the queue waits until you stop them.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>TextsPage</name>
    <message numerus="yes">
        <source>%Ln item(s) read so far…</source>
        <translation>
            <numerusform>%Ln item read so far…</numerusform>
            <numerusform>%Ln items read so far…</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln text(s)</source>
        <translation>
            <numerusform>%Ln text</numerusform>
            <numerusform>%Ln texts</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln of them different</source>
        <translation>
            <numerusform>%Ln of them different</numerusform>
            <numerusform>%Ln of them different</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln text(s) would be empty</source>
        <translation>
            <numerusform>%Ln text would be empty</numerusform>
            <numerusform>%Ln texts would be empty</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln different unit(s)</source>
        <translation>
            <numerusform>%Ln different unit</numerusform>
            <numerusform>%Ln different units</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln only once</source>
        <translation>
            <numerusform>%Ln only once</numerusform>
            <numerusform>%Ln only once</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>UnsavedEdits</name>
    <message numerus="yes">
        <source>%Ln item(s) of {0} were edited. Save them?</source>
        <translation>
            <numerusform>%Ln item of {0} was edited. Save it?</numerusform>
            <numerusform>%Ln items of {0} were edited. Save them?</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>WriteController</name>
    <message numerus="yes">
        <source>%Ln image(s) exported to {0}</source>
        <translation>
            <numerusform>%Ln image exported to {0}</numerusform>
            <numerusform>%Ln images exported to {0}</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>_Card</name>
    <message numerus="yes">
        <source>%Ln items</source>
        <translation>
            <numerusform>%Ln item</numerusform>
            <numerusform>%Ln items</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>_DatasetText</name>
    <message numerus="yes">
        <source>%Ln pair(s)</source>
        <translation>
            <numerusform>%Ln pair</numerusform>
            <numerusform>%Ln pairs</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln item(s)</source>
        <translation>
            <numerusform>%Ln item</numerusform>
            <numerusform>%Ln items</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln field(s)</source>
        <translation>
            <numerusform>%Ln field</numerusform>
            <numerusform>%Ln fields</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>_FoundText</name>
    <message numerus="yes">
        <source>%Ln image(s) without text</source>
        <translation>
            <numerusform>%Ln image without text</numerusform>
            <numerusform>%Ln images without text</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln text(s) without image</source>
        <translation>
            <numerusform>%Ln text without image</numerusform>
            <numerusform>%Ln texts without image</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln image(s) equal to another</source>
        <translation>
            <numerusform>%Ln image equal to another</numerusform>
            <numerusform>%Ln images equal to another</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln image(s) much like another</source>
        <translation>
            <numerusform>%Ln image much like another</numerusform>
            <numerusform>%Ln images much like another</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln image(s) with a text of many others</source>
        <translation>
            <numerusform>%Ln image with a text of many others</numerusform>
            <numerusform>%Ln images with a text of many others</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln item(s) with a garbled text</source>
        <translation>
            <numerusform>%Ln item with a garbled text</numerusform>
            <numerusform>%Ln items with a garbled text</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln item(s) with a very long text</source>
        <translation>
            <numerusform>%Ln item with a very long text</numerusform>
            <numerusform>%Ln items with a very long text</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln item(s) of very small groups</source>
        <translation>
            <numerusform>%Ln item of very small groups</numerusform>
            <numerusform>%Ln items of very small groups</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln silent sound(s)</source>
        <translation>
            <numerusform>%Ln silent sound</numerusform>
            <numerusform>%Ln silent sounds</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln overdriven sound(s)</source>
        <translation>
            <numerusform>%Ln overdriven sound</numerusform>
            <numerusform>%Ln overdriven sounds</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln sound(s) longer than what is stored</source>
        <translation>
            <numerusform>%Ln sound longer than what is stored</numerusform>
            <numerusform>%Ln sounds longer than what is stored</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln sound(s) equal to another</source>
        <translation>
            <numerusform>%Ln sound equal to another</numerusform>
            <numerusform>%Ln sounds equal to another</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln validation image(s) trained on too</source>
        <translation>
            <numerusform>%Ln validation image trained on too</numerusform>
            <numerusform>%Ln validation images trained on too</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>_ImportedText</name>
    <message numerus="yes">
        <source>%Ln pair(s)</source>
        <translation>
            <numerusform>%Ln pair</numerusform>
            <numerusform>%Ln pairs</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln image(s) alone</source>
        <translation>
            <numerusform>%Ln image alone</numerusform>
            <numerusform>%Ln images alone</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln text(s) alone</source>
        <translation>
            <numerusform>%Ln text alone</numerusform>
            <numerusform>%Ln texts alone</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln item(s) with sound</source>
        <translation>
            <numerusform>%Ln item with sound</numerusform>
            <numerusform>%Ln items with sound</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln row(s) of a table</source>
        <translation>
            <numerusform>%Ln row of a table</numerusform>
            <numerusform>%Ln rows of a table</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln of them for validation</source>
        <translation>
            <numerusform>%Ln of them for validation</numerusform>
            <numerusform>%Ln of them for validation</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln left out</source>
        <translation>
            <numerusform>%Ln left out</numerusform>
            <numerusform>%Ln left out</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln image(s) without text</source>
        <translation>
            <numerusform>%Ln image without text</numerusform>
            <numerusform>%Ln images without text</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln text(s) without image</source>
        <translation>
            <numerusform>%Ln text without image</numerusform>
            <numerusform>%Ln texts without image</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>_ReasonText</name>
    <message numerus="yes">
        <source>None of the %Ln file(s) is an image in this format.</source>
        <translation>
            <numerusform>The %Ln file is no image in this format.</numerusform>
            <numerusform>None of the %Ln files is an image in this format.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>No texts were found for %Ln image(s): names such as {0} are no captions. You can keep the images without text.</source>
        <translation>
            <numerusform>No text was found for %Ln image: its name, {0}, is no caption. You can keep the image without text.</numerusform>
            <numerusform>No texts were found for %Ln images: names such as {0} are no captions. You can keep the images without text.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln image(s) have no text that belongs to them by name.</source>
        <translation>
            <numerusform>%Ln image has no text that belongs to it by name.</numerusform>
            <numerusform>%Ln images have no text that belongs to them by name.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln text(s) have no image that belongs to them by name.</source>
        <translation>
            <numerusform>%Ln text has no image that belongs to it by name.</numerusform>
            <numerusform>%Ln texts have no image that belongs to them by name.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln text(s) have the name of an image that lies in another folder.</source>
        <translation>
            <numerusform>%Ln text has the name of an image that lies in another folder.</numerusform>
            <numerusform>%Ln texts have the names of images that lie in another folder.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln image(s) cannot be read, such as {0}.</source>
        <translation>
            <numerusform>%Ln image cannot be read: {0}.</numerusform>
            <numerusform>%Ln images cannot be read, such as {0}.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>All %Ln remaining item(s) are for validation, none for training.</source>
        <translation>
            <numerusform>%Ln remaining item is for validation, none for training.</numerusform>
            <numerusform>All %Ln remaining items are for validation, none for training.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln file(s), such as {0}, are links that lead out of it. Choose the folder that they lead to, or copy the files.</source>
        <translation>
            <numerusform>%Ln file, {0}, is a link that leads out of it. Choose the folder that it leads to, or copy the file.</numerusform>
            <numerusform>%Ln files, such as {0}, are links that lead out of it. Choose the folder that they lead to, or copy the files.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln file(s), such as {0}, are encrypted with a password. Unpack the archive first.</source>
        <translation>
            <numerusform>%Ln file, {0}, is encrypted with a password. Unpack the archive first.</numerusform>
            <numerusform>%Ln files, such as {0}, are encrypted with a password. Unpack the archive first.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>It holds %Ln archive(s), such as {0}. Choose one of them, or unpack them first.</source>
        <translation>
            <numerusform>It holds %Ln archive, {0}. Choose it, or unpack it first.</numerusform>
            <numerusform>It holds %Ln archives, such as {0}. Choose one of them, or unpack them first.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln file(s), such as {0}, are DICOM scans, which are not read. Convert them to PNG or TIFF.</source>
        <translation>
            <numerusform>%Ln file, {0}, is a DICOM scan, which is not read. Convert it to PNG or TIFF.</numerusform>
            <numerusform>%Ln files, such as {0}, are DICOM scans, which are not read. Convert them to PNG or TIFF.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln file(s), such as {0}, are videos, which are not read. Extract frames as JPEG or PNG.</source>
        <translation>
            <numerusform>%Ln file, {0}, is a video, which is not read. Extract frames as JPEG or PNG.</numerusform>
            <numerusform>%Ln files, such as {0}, are videos, which are not read. Extract frames as JPEG or PNG.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln file(s), such as {0}, are raw photos of a camera, which are not read. Convert them to JPEG or TIFF.</source>
        <translation>
            <numerusform>%Ln file, {0}, is a raw photo of a camera, which is not read. Convert it to JPEG or TIFF.</numerusform>
            <numerusform>%Ln files, such as {0}, are raw photos of a camera, which are not read. Convert them to JPEG or TIFF.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln file(s), such as {0}, are sounds of a kind that is not read. Convert them to WAV, FLAC, MP3 or Ogg Vorbis.</source>
        <translation>
            <numerusform>%Ln file, {0}, is a sound of a kind that is not read. Convert it to WAV, FLAC, MP3 or Ogg Vorbis.</numerusform>
            <numerusform>%Ln files, such as {0}, are sounds of a kind that is not read. Convert them to WAV, FLAC, MP3 or Ogg Vorbis.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln file(s), such as {0}, are documents, which are not read. Export their pages as PNG.</source>
        <translation>
            <numerusform>%Ln file, {0}, is a document, which is not read. Export its pages as PNG.</numerusform>
            <numerusform>%Ln files, such as {0}, are documents, which are not read. Export their pages as PNG.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln file(s), such as {0}, hold arrays, which are not read. Save the images as PNG or TIFF.</source>
        <translation>
            <numerusform>%Ln file, {0}, holds arrays, which are not read. Save the images as PNG or TIFF.</numerusform>
            <numerusform>%Ln files, such as {0}, hold arrays, which are not read. Save the images as PNG or TIFF.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln image(s), such as {0}, are of a kind that is not read. Convert them to JPEG or PNG.</source>
        <translation>
            <numerusform>%Ln image, {0}, is of a kind that is not read. Convert it to JPEG or PNG.</numerusform>
            <numerusform>%Ln images, such as {0}, are of a kind that is not read. Convert them to JPEG or PNG.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln text file(s), such as {0}, hold numbers instead of captions.</source>
        <translation>
            <numerusform>%Ln text file, {0}, holds numbers instead of captions.</numerusform>
            <numerusform>%Ln text files, such as {0}, hold numbers instead of captions.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln row(s) lack the image or the text that the chosen columns should hold.</source>
        <translation>
            <numerusform>%Ln row lacks the image or the text that the chosen columns should hold.</numerusform>
            <numerusform>%Ln rows lack the image or the text that the chosen columns should hold.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln item(s) are left out by what you have chosen.</source>
        <translation>
            <numerusform>%Ln item is left out by what you have chosen.</numerusform>
            <numerusform>%Ln items are left out by what you have chosen.</numerusform>
        </translation>
    </message>
</context>
</TS>
