# SPDX-License-Identifier: MIT
# Writes the files of the page as one C source. A script, so that it runs when a file has changed and not when CMake does:
#   cmake -DOUTPUT=page_files.c -DFOLDER=…/page -DFILES=a.html;b.js -P EmbedPage.cmake
# and tessera_embed_page(output folder file…), which arranges for that.

function(tessera_embed_page output folder)
  list(TRANSFORM ARGN PREPEND "${folder}/" OUTPUT_VARIABLE paths)
  string(REPLACE ";" "," files "${ARGN}")
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DOUTPUT=${output} -DFOLDER=${folder} -DFILES=${files}
            -P ${CMAKE_CURRENT_FUNCTION_LIST_FILE}
    DEPENDS ${paths} ${CMAKE_CURRENT_FUNCTION_LIST_FILE}
    COMMENT "Embedding the page" VERBATIM)
endfunction()

if(NOT CMAKE_SCRIPT_MODE_FILE)
  return()
endif()

set(types html "text/html" css "text/css" js "text/javascript" json "application/json" svg "image/svg+xml")
string(REPLACE "," ";" FILES "${FILES}")
set(arrays "")
set(table "")
set(number 0)
foreach(file IN LISTS FILES)
  file(READ "${FOLDER}/${file}" hex HEX)
  file(SHA256 "${FOLDER}/${file}" hash)
  file(SIZE "${FOLDER}/${file}" size)
  string(SUBSTRING "${hash}" 0 24 etag)
  # Lines of 32 bytes first: one expression over a whole file takes CMake seconds.
  string(REGEX REPLACE "(................................................................)" "\\1\n" hex "${hex}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," hex "${hex}")
  string(REGEX REPLACE "^.*\\." "" ending "${file}")
  list(FIND types "${ending}" at)
  if(at LESS 0)
    message(FATAL_ERROR "page/${file}: of what media type is that?")
  endif()
  math(EXPR at "${at} + 1")
  list(GET types ${at} type)
  if(NOT type MATCHES "json|svg")
    string(APPEND type "; charset=utf-8")
  endif()
  set(path "/${file}")
  if(file STREQUAL "index.html")
    set(path "/")
  endif()
  string(APPEND arrays "static const unsigned char file_${number}[] = {\n${hex}};\n\n")
  string(APPEND table "    {\"${path}\", \"${type}\", file_${number}, ${size}, \"${etag}\"},\n")
  math(EXPR number "${number} + 1")
endforeach()

file(WRITE "${OUTPUT}" "// SPDX-License-Identifier: MIT
/* Made by cmake/EmbedPage.cmake from front/page/. */
#include \"front/page_files.h\"

#include <string.h>

${arrays}static const struct page_file files[] = {
${table}};

const struct page_file *page_file_find(const char *path)
{
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        if (strcmp(files[i].path, path) == 0)
            return &files[i];
    }
    return NULL;
}
")
