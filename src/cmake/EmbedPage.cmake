# SPDX-License-Identifier: MIT
# Turns the files of a folder into one C source that implements front/page_files.h, with nothing but CMake.
#
#   include(cmake/EmbedPage.cmake)
#   tessera_embed_page(OUT_VARIABLE FOLDER)     adds the rule that makes it, and says where it will be
#
# The rule runs this same file as a script: cmake -DFOLDER=… -DOUT=… -P EmbedPage.cmake

set(tessera_embed_script ${CMAKE_CURRENT_LIST_FILE})

function(tessera_embed_page out_variable folder)
  get_filename_component(folder ${folder} ABSOLUTE)
  file(GLOB files CONFIGURE_DEPENDS ${folder}/*.html ${folder}/*.css ${folder}/*.js ${folder}/*.svg ${folder}/*.json)
  set(out ${CMAKE_CURRENT_BINARY_DIR}/page_files.c)
  add_custom_command(OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DFOLDER=${folder} -DOUT=${out} -P ${tessera_embed_script}
    DEPENDS ${files} ${tessera_embed_script} COMMENT "Embedding the page" VERBATIM)
  set(${out_variable} ${out} PARENT_SCOPE)
endfunction()

function(tessera_embed_media_type out_variable name)
  get_filename_component(ending ${name} LAST_EXT)
  set(type_of.html "text/html; charset=utf-8")
  set(type_of.css "text/css; charset=utf-8")
  set(type_of.js "text/javascript; charset=utf-8")
  set(type_of.svg "image/svg+xml")
  set(type_of.json "application/json")
  set(${out_variable} ${type_of${ending}} PARENT_SCOPE)
endfunction()

function(tessera_embed_write folder out)
  file(GLOB files ${folder}/*.html ${folder}/*.css ${folder}/*.js ${folder}/*.svg ${folder}/*.json)
  list(SORT files)
  set(arrays "")
  set(rows "")
  set(index 0)
  foreach(file IN LISTS files)
    get_filename_component(name ${file} NAME)
    file(READ ${file} hex HEX)
    string(LENGTH "${hex}" digits)
    if(digits EQUAL 0)
      message(FATAL_ERROR "${file} is empty: a page is not made of that")
    endif()
    math(EXPR size "${digits} / 2")
    file(SHA256 ${file} hash)
    string(SUBSTRING ${hash} 0 16 etag)
    tessera_embed_media_type(media_type ${name})
    # Bytes, as a string literal would be longer than ISO C promises; lines short enough for any tool.
    string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
    string(APPEND arrays "static const unsigned char file_${index}[] = {\n${bytes}\n};\n")
    set(path "/${name}")
    if(name STREQUAL "index.html")
      set(path "/")
    endif()
    string(APPEND rows "    {\"${path}\", \"${media_type}\", file_${index}, ${size}, \"${etag}\"},\n")
    math(EXPR index "${index} + 1")
  endforeach()
  string(CONCAT text
    "/* Generated from src/front/page by EmbedPage.cmake. */\n"
    "#include <string.h>\n\n#include \"front/page_files.h\"\n\n"
    "${arrays}\nstatic const struct page_file files[] = {\n${rows}};\n\n"
    "const struct page_file *page_file_find(const char *path)\n{\n"
    "    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {\n"
    "        if (strcmp(files[i].path, path) == 0)\n            return &files[i];\n    }\n"
    "    return NULL;\n}\n")
  file(WRITE ${out} "${text}")
endfunction()

if(CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
  tessera_embed_write(${FOLDER} ${OUT})
endif()
